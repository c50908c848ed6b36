{{ metric(kind="ratio", domain="deployments") }}

{# of the deployments that ran under a change request; what ran under none is told by another control #}
select
    deployments.deployment_id as observation_id,
    deployments.service_id,
    deployments.team_id,
    (lower(details.change_request_type) = 'emergency')::double as value,
    coalesce(lower(details.change_request_type) = 'emergency', false) as is_numerator,
    false as is_open,
    false as is_bot,
    case
        when deployments.exclusion_reason is not null
        then deployments.exclusion_reason
        when details.change_request_id is null
        then 'no_change_request'
        when details.change_request_type is null
        then 'type_unknown'
    end as exclusion_reason,
    coalesce(deployments.version, deployments.deployment_id) as label,
    deployments.source_url,
    deployments.finished_date as anchor_date,
    deployments.finished_at as anchor_at
from {{ ref("fct_deployments") }} as deployments
inner join
    {{ ref("deployment_details") }} as details
    on deployments.deployment_id = details.deployment_id
where
    deployments.environment_tier = 'production' and deployments.finished_at is not null
