{# Outcomes of deployments under emergency and under normal change requests. #}
select
    count(case when requests.type = 'emergency' then 1 end) as n,
    count(
        case when requests.type = 'emergency' and outcomes.is_failed then 1 end
    ) as failed_count,
    count(case when requests.type = 'normal' then 1 end) as normal_n,
    count(
        case when requests.type = 'normal' and outcomes.is_failed then 1 end
    ) as normal_failed_count
from {{ ref("int_failure_outcomes") }} as outcomes
inner join
    {{ ref("int_deployment_requests") }} as requests
    on outcomes.deployment_id = requests.deployment_id
