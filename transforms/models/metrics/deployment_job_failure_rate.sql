{{ metric(kind="ratio", domain="deployments") }}

select
    deployment_id as observation_id,
    service_id,
    team_id,
    (status = 'failed')::double as value,
    status = 'failed' as is_numerator,
    false as is_open,
    case
        when exclusion_reason is not null
        then exclusion_reason
        when status not in ('succeeded', 'partial', 'failed')
        then status
    end as exclusion_reason,
    coalesce(version, deployment_id) as label,
    source_url,
    finished_date as anchor_date,
    finished_at as anchor_at
from {{ ref("fct_deployments") }}
where environment_tier = 'production' and finished_at is not null
