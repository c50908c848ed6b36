{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ subject_requests() }},
    measured as (
        select
            *,
            case
                when started_at < planned_start_at
                then {{ seconds_between("started_at", "planned_start_at") }} / 60
                when started_at >= planned_end_at
                then {{ seconds_between("planned_end_at", "started_at") }} / 60
                else 0
            end as value
        from requests
    ),
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
            {{ duration_words("value * 60") }} as time_apart
        from measured
    ),
    {{
        judged_by_reasons(
            passing=["inside"],
            failing=["too_early", "too_late"],
            otherwise="no_data",
            words={
                "inside": "'It began within the planned time of ' || number || '.'",
                "no_plan": "number || ' states no planned time.'",
                "too_early": "'It began ' || time_apart || ' before the planned start of ' || number || '.'",
                "too_late": "'It began ' || time_apart || ' after the planned end of ' || number || '.'",
            },
            threshold_value="cast(15 as double)",
        )
    }}
