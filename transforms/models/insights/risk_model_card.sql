{# Whether there is a risk model, what it was fitted on, and why there is none. #}
with
    numbers as (
        select
            max(case when part = 'trained_count' then value end) as trained_count,
            max(case when part = 'failed_count' then value end) as failed_count,
            count(case when part = 'coefficient' then 1 end) as parameter_count,
            count(
                case when part = 'n' and level <> 'all' then 1 end
            ) as evaluated_month_count,
            max(case when part = 'brier' and level = 'all' then value end) as brier,
            max(
                case when part = 'base_brier' and level = 'all' then value end
            ) as base_brier,
            max(
                case when part = 'captured_10' and level = 'all' then value end
            ) as captured_count,
            max(
                case when part = 'failed' and level = 'all' then value end
            ) as evaluated_failed_count
        from {{ ref("int_risk_fit") }}
    ),
    judged as (
        {# chance captures a tenth #}
        select
            *,
            coalesce(
                brier < base_brier
                and {{ wilson_low("captured_count", "evaluated_failed_count") }} > 0.1,
                false
            ) as is_used
        from numbers
    ),
    trained as (
        select min(started_at) as trained_from_at, max(started_at) as trained_to_at
        from {{ ref("int_risk_subjects") }}
        where is_failed is not null
    )
select
    case when numbers.parameter_count > 0 then 'fitted' else 'refused' end as state,
    case
        when numbers.parameter_count = 0
        then
            cast(cast(numbers.failed_count as bigint) as varchar)
            || ' failures are known, 30 are needed'
        when not numbers.is_used
        then 'it is not clearly better than chance; rules alone decide'
    end as reason,
    cast(numbers.trained_count as bigint) as trained_count,
    cast(numbers.failed_count as bigint) as failed_count,
    numbers.parameter_count,
    numbers.evaluated_month_count,
    numbers.is_used,
    numbers.failed_count / nullif(numbers.trained_count, 0) as base_rate,
    trained.trained_from_at,
    trained.trained_to_at,
    build.definition_version,
    build.code_version
from judged as numbers
cross join trained
cross join {{ ref("build_information") }} as build
