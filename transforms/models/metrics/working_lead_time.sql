{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

select
    change_id as observation_id,
    service_id,
    team_id,
    working_seconds as value,
    false as is_numerator,
    false as is_open,
    is_shared,
    exclusion_reason as exclusion_reason,
    title as label,
    source_url,
    deployed_date as anchor_date,
    deployed_at as anchor_at
from {{ ref("fct_changes") }}
where deployed_at is not null
