{# Deployments that can be judged: they changed something, reached production and are old enough. #}
select
    deployments.deployment_id,
    deployments.service_id,
    coalesce('tier ' || services.tier, 'unknown tier') as tier,
    coalesce(
        days.is_working_day
        and deployments.started_at >= days.opens_at
        and deployments.started_at < days.closes_at,
        false
    ) as is_working_time,
    deployments.is_failed
from {{ ref("fct_deployments") }} as deployments
left join
    {{ ref("services") }} as services on deployments.service_id = services.service_id
left join
    {{ ref("calendar_days") }} as days
    on days.calendar_id = 'organisation'
    and days.calendar_date = {{ local_date("deployments.started_at") }}
where
    deployments.environment_tier = 'production'
    and deployments.exclusion_reason is null
    and deployments.is_change
    and deployments.reached_production
    and not deployments.is_immature
    and deployments.started_at is not null
