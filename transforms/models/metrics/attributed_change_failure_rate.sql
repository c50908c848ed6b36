{{ metric(kind="ratio", domain="incidents", is_expected=true) }}
with observed as ({{ deployment_observations() }})
select
    observed.* replace (
        coalesce(causation.probability, 0.0) as value,
        coalesce(causation.probability, 0.0) >= 0.5 as is_numerator
    )
from observed
left join
    {{ ref("change_event_causation") }} as causation
    on observed.observation_id = causation.change_event_id
