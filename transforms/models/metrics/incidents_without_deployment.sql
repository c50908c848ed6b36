{{ metric(kind="ratio", domain="incidents", is_per_service=true) }}
with observed as ({{ incident_observations(value="1.0::double", is_open="false") }})
select
    observed.* replace (
        (attributions.attribution is not distinct from 'not_deployment')::double
        as value,
        attributions.attribution is not distinct from 'not_deployment' as is_numerator
    )
from observed
left join
    {{ ref("incident_attributions") }} as attributions
    on observed.observation_id = attributions.incident_id
