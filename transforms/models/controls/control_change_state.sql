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
            end as reason_code,
            cast(null as double) as value
        from requests
    ),
    {{
        judged_by_reasons(
            passing=["ready"],
            failing=["not_ready"],
            otherwise="inconclusive",
            words={
                "ready": "number || ' was ' || phase || ' when the deployment began.'",
                "not_ready": "number || ' was neither scheduled nor being implemented when the deployment began: ' || phase || '.'",
                "state_not_understood": "number || ' was in a state that is not known: ' || coalesce(state, 'none is stated') || '.'",
                "state_unknown": "'No version of ' || number || ' from before the start of the deployment was read.'",
            },
            threshold_value="cast(null as double)",
        )
    }}
