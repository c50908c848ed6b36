{{ metric(kind="ratio", domain="incidents", is_expected=true) }}
with
    observed as ({{ deployment_observations() }}),
    caused as (
        {# certainty has no logarithm #}
        select
            change_event_id,
            case
                when max(probability) >= 1.0 - 1e-12
                then 1.0
                else 1.0 - exp(sum(ln(1.0 - probability)))
            end as probability
        from {{ ref("incident_suspects") }}
        group by change_event_id
    )
select
    observed.* replace (
        coalesce(caused.probability, 0.0) as value,
        coalesce(caused.probability, 0.0) >= 0.5 as is_numerator
    )
from observed
left join caused on observed.observation_id = caused.change_event_id
