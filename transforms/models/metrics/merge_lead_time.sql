{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

select
    change_id as observation_id,
    service_id,
    team_id,
    merge_to_deploy_seconds as value,
    false as is_numerator,
    false as is_open,
    is_shared,
    case
        when exclusion_reason is not null
        then exclusion_reason
        when merged_at > deployed_at
        then 'negative_duration'
    end as exclusion_reason,
    title as label,
    source_url,
    deployed_date as anchor_date,
    deployed_at as anchor_at
from {{ ref("fct_changes") }}
where deployed_at is not null
