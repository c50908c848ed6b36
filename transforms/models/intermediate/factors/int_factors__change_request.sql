select
    deployments.deployment_id,
    case
        when requests.deployment_id is null
        then 'no change request'
        else coalesce(lower(requests.type), 'untyped') || ' change request'
    end as level,
    case
        lower(requests.type)
        when 'standard'
        then 1
        when 'normal'
        then 2
        when 'emergency'
        then 3
        else 4
    end as level_order
from {{ ref("fct_deployments") }} as deployments
left join
    {{ ref("int_deployment_requests") }} as requests
    on deployments.deployment_id = requests.deployment_id
where exists (select 1 from {{ ref("int_deployment_requests") }})
