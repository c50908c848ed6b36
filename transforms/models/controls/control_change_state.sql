{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ subject_requests() }},
    told as (
        select
            *,
            case
                when not is_known
                then 'state_unknown'
                when phase is null
                then 'state_not_understood'
                when phase in ('scheduled', 'implementing')
                then 'ready'
                else 'not_ready'
            end as reason_code
        from requests
    ),
    judged as (
        select
            subject_id,
            change_request_id,
            case
                reason_code
                when 'ready'
                then 'pass'
                when 'not_ready'
                then 'fail'
                else 'inconclusive'
            end as verdict,
            case
                reason_code when 'ready' then 1 when 'not_ready' then 2 else 3
            end as verdict_order,
            reason_code,
            case
                reason_code
                when 'ready'
                then number || ' was ' || phase || ' when the deployment began.'
                when 'not_ready'
                then
                    number
                    || ' was neither scheduled nor being implemented when the deployment began: '
                    || phase
                    || '.'
                when 'state_not_understood'
                then
                    number
                    || ' was in a state that is not known: '
                    || coalesce(state, 'none is stated')
                    || '.'
                else
                    'No version of '
                    || number
                    || ' from before the start of the deployment was read.'
            end as reason,
            cast([] as varchar[]) as more_evidence,
            cast(null as double) as value
        from told
    ),
    without as (select 'fail' as verdict),
    {{ judged_by_requests("cast(null as double)") }}
