select
    deployment_id,
    lower(strategy) || ' strategy' as level,
    dense_rank() over (order by lower(strategy)) as level_order
from {{ ref("fct_deployments") }}
where strategy is not null
