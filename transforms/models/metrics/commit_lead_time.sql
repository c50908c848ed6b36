{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

select
    repository || '@' || commit_sha as observation_id,
    service_id,
    team_id,
    lead_time_seconds as value,
    false as is_numerator,
    false as is_open,
    is_bot,
    is_shared,
    exclusion_reason as exclusion_reason,
    title as label,
    source_url,
    deployed_date as anchor_date,
    deployed_at as anchor_at
from {{ ref("fct_commits") }}
where deployed_at is not null
