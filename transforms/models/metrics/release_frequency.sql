{{ metric(kind="frequency", domain="deployments", is_per_service=true) }}

select
    releases.release_id as observation_id,
    deployments.service_id,
    deployments.team_id,
    1.0::double as value,
    true as is_numerator,
    false as is_open,
    false as is_bot,
    null::varchar as exclusion_reason,
    coalesce(deployments.version, deployments.deployment_id) as label,
    deployments.source_url,
    releases.finished_date as anchor_date,
    releases.finished_at as anchor_at
from {{ ref("release_events") }} as releases
inner join
    {{ ref("fct_deployments") }} as deployments
    on releases.release_id = deployments.release_id
where
    deployments.environment_tier = 'production'
    and deployments.exclusion_reason is null
    and deployments.reached_production
    and deployments.is_change
