{#
  An alert counts where it was certainly firing; where one may have been firing, because a source
  forgot it between two reads, there is no level. A service has levels while a source that has
  named it was read.
#}
with
    alerts as (select * from {{ ref("alerts") }}),
    spans as (
        select source, min(last_seen_at) as known_from, max(read_at) as known_to
        from alerts
        group by source
    ),
    watched as (
        select
            named.service_id,
            min(spans.known_from) as known_from,
            max(spans.known_to) as known_to
        from
            (
                select distinct source, service_id
                from alerts
                where service_id is not null
            ) as named
        inner join spans on named.source = spans.source
        group by named.service_id
    ),
    deployments as (
        select
            deployments.deployment_id,
            deployments.service_id,
            deployments.started_at,
            deployments.started_at - interval 2 hours as window_began_at
        from {{ ref("fct_deployments") }} as deployments
        inner join watched on deployments.service_id = watched.service_id
        where
            deployments.started_at - interval 2 hours >= watched.known_from
            and deployments.started_at <= watched.known_to
    ),
    found as (
        select
            deployments.deployment_id,
            bool_or(
                case
                    when alerts.ended_at_is_bound or alerts.ended_at is null
                    then alerts.last_seen_at
                    else alerts.ended_at
                end
                >= deployments.window_began_at
            ) as was_firing
        from deployments
        inner join
            alerts
            on deployments.service_id = alerts.service_id
            and alerts.started_at < deployments.started_at
            and coalesce(alerts.ended_at, timestamp '9999-12-31')
            > deployments.window_began_at
        group by deployments.deployment_id
    )
select
    deployments.deployment_id,
    case
        when found.was_firing then 'an alert firing' else 'no alert firing'
    end as level,
    case when found.was_firing then 2 else 1 end as level_order
from deployments
left join found on deployments.deployment_id = found.deployment_id
where found.was_firing is distinct from false
