{# Services by rate, the uncertain ones pulled towards what is usual. #}
with
    directions as (
        select metric, case direction when 'higher' then -1 else 1 end as sign
        from {{ ref("metric_definitions") }}
    ),
    judged as (
        select
            rates.*,
            rates.shrunk_rate * directions.sign as order_value,
            case
                when rates.shrunk_rate is null
                then 'fewer_than_5_services'
                when rates.n < 20
                then 'fewer_than_20_observations'
            end as unranked_reason
        from {{ ref("int_service_rates") }} as rates
        inner join directions on rates.metric = directions.metric
    )
select
    metric,
    service_id,
    unranked_reason,
    case
        when unranked_reason is null
        then
            rank() over (
                partition by metric, unranked_reason is null order by order_value
            )
    end as service_rank,
    cast(numerator as bigint) as numerator,
    cast(n as bigint) as n,
    numerator / nullif(n, 0) as rate,
    shrunk_rate,
    shrunk_low,
    shrunk_high,
    organisation_rate,
    probability_above,
    prior_strength,
    first_date,
    end_date
from judged
