{# The fit behind the attributions of this build. Every build keeps its own. #}
with
    numbers as (
        select
            max(case when part = 'log_likelihood' then value end) as log_likelihood,
            max(
                case when part = 'null_log_likelihood' then value end
            ) as null_log_likelihood,
            max(case when part = 'round_count' then value end) as round_count,
            max(case when part = 'has_converged' then value end) = 1 as has_converged,
            count(*) > 0 as is_fitted
        from {{ ref("int_attribution_fit") }}
    ),
    attributed as (
        select
            count(*) as incident_count,
            count(case when suspect_count > 0 then 1 end) as candidate_incident_count,
            sum(1 - model_none_probability) as expected_caused_count
        from {{ ref("incident_attributions") }}
    )
select
    case when numbers.is_fitted then 'fitted' else 'fixed_weights' end as model,
    attributed.incident_count,
    attributed.candidate_incident_count,
    attributed.expected_caused_count,
    (select count(*) from {{ ref("change_events") }}) as change_event_count,
    numbers.log_likelihood,
    numbers.null_log_likelihood,
    cast(numbers.round_count as bigint) as round_count,
    numbers.has_converged,
    (
        select min(first_date) from {{ ref("coverage") }} where domain = 'incidents'
    ) as window_start_date,
    build.as_of as window_end_at,
    build.definition_version,
    build.code_version
from numbers
cross join attributed
cross join {{ ref("build_information") }} as build
