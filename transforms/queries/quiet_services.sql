-- title: Services without a deployment
-- question: Which services were not deployed to production in the last 90 days?
-- asked by: architects
-- topic: Delivery
select
    services.name as service,
    teams.name as team,
    services.tier,
    max(deployments.finished_at) as last_deployed_at
from services
left join teams on services.team_id = teams.team_id
left join
    fct_deployments as deployments
    on services.service_id = deployments.service_id
    and deployments.environment_tier = 'production'
    and deployments.reached_production
group by all
having
    coalesce(
        max(deployments.finished_at)
        < (select as_of - interval 90 day from build_information),
        true
    )
order by last_deployed_at nulls first, service
