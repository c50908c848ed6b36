{# Which change request a deployment ran under; everything else that asks reads this. #}
with
    links as (
        select * from {{ request_links(ref("int_deployments__collapsed")) }} as found
    )
select
    links.deployment_id,
    links.change_request_id,
    deployments.service_id,
    case
        links.rule_number
        when 1
        then 'named'
        when 2
        then 'correlated'
        else 'planned_window'
    end as rule,
    links.method,
    links.confidence,
    row_number() over (
        partition by links.deployment_id
        order by
            links.rule_number,
            links.method <> 'deployment_record',
            coalesce(requests.created_at, timestamp '1970-01-01') desc,
            links.change_request_id
    )
    = 1 as is_first
from links
inner join
    {{ ref("int_deployments__collapsed") }} as deployments
    on links.deployment_id = deployments.deployment_id
inner join
    {{ ref("change_requests") }} as requests
    on links.change_request_id = requests.change_request_id
    and requests.is_current
