{{ metric(kind="frequency", domain="deployments", per="working_day") }}

select
    deployment_id as observation_id,
    service_id,
    team_id,
    1.0::double as value,
    true as is_numerator,
    false as is_open,
    case
        when exclusion_reason is not null
        then exclusion_reason
        when not reached_production
        then 'did_not_reach_production'
        when not is_change
        then kind
    end as exclusion_reason,
    coalesce(version, deployment_id) as label,
    source_url,
    finished_date as anchor_date,
    finished_at as anchor_at
from {{ ref("fct_deployments") }}
where environment_tier = 'production' and finished_at is not null
