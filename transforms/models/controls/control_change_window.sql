{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ subject_requests() }},
    told as (
        select
            *,
            case
                when planned_start_at is null or planned_end_at is null
                then 'no_plan'
                when started_at < planned_start_at - interval 15 minutes
                then 'too_early'
                when started_at >= planned_end_at + interval 15 minutes
                then 'too_late'
                else 'inside'
            end as reason_code,
            case
                when started_at < planned_start_at
                then {{ seconds_between("started_at", "planned_start_at") }} / 60
                when started_at >= planned_end_at
                then {{ seconds_between("planned_end_at", "started_at") }} / 60
                else 0
            end as value
        from requests
    ),
    judged as (
        select
            subject_id,
            change_request_id,
            case
                reason_code
                when 'inside'
                then 'pass'
                when 'no_plan'
                then 'no_data'
                else 'fail'
            end as verdict,
            case
                reason_code when 'inside' then 1 when 'no_plan' then 3 else 2
            end as verdict_order,
            reason_code,
            case
                reason_code
                when 'inside'
                then 'It began within the planned time of ' || number || '.'
                when 'no_plan'
                then number || ' states no planned time.'
                when 'too_early'
                then
                    'It began '
                    || {{ spoken_span("(value * 60)") }}
                    || ' before the planned start of '
                    || number
                    || '.'
                else
                    'It began '
                    || {{ spoken_span("(value * 60)") }}
                    || ' after the planned end of '
                    || number
                    || '.'
            end as reason,
            cast([] as varchar[]) as more_evidence,
            value
        from told
    ),
    without as (select 'fail' as verdict),
    {{ judged_by_requests("cast(15 as double)") }}
