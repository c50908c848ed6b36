{{ metric(kind="survival", domain="deployments") }}

select
    deployment_id as observation_id,
    service_id,
    team_id,
    recovery_seconds as value,
    not is_recovery_open as is_numerator,
    is_recovery_open as is_open,
    false as is_bot,
    exclusion_reason as exclusion_reason,
    coalesce(version, deployment_id) as label,
    source_url,
    finished_date as anchor_date,
    finished_at as anchor_at
from {{ ref("fct_deployments") }}
where environment_tier = 'production' and finished_at is not null and is_failed
