{{ metric(kind="total", domain="incidents") }}

{# Overlapping incidents of a service are one stretch of downtime: the union of their intervals. #}
with
    intervals as (
        select
            incident_services.service_id,
            incident_services.team_id,
            incidents.incident_id,
            incidents.title,
            incidents.source_url,
            incidents.impact_started_date,
            incidents.impact_started_at,
            incidents.is_open,
            coalesce(
                incidents.restored_at,
                (select as_of from {{ ref("build_information") }})
            ) as ended_at
        from {{ ref("fct_incidents") }} as incidents
        inner join
            {{ ref("incident_services") }} as incident_services
            on incidents.incident_id = incident_services.incident_id
        where
            incidents.exclusion_reason is null
            and coalesce(incidents.severity, 1) <= 2
            and coalesce(
                incidents.restored_at,
                (select as_of from {{ ref("build_information") }})
            )
            >= incidents.impact_started_at
    ),
    marked as (
        select
            *,
            max(ended_at) over (
                partition by service_id
                order by impact_started_at, incident_id
                rows between unbounded preceding and 1 preceding
            ) as ended_before_at
        from intervals
    ),
    numbered as (
        select
            *,
            sum(case when ended_before_at >= impact_started_at then 0 else 1 end) over (
                partition by service_id order by impact_started_at, incident_id
            ) as stretch
        from marked
    ),
    stretches as (
        select
            service_id,
            max(team_id) as team_id,
            stretch,
            min(incident_id) as incident_id,
            arg_min(title, (impact_started_at, incident_id)) as title,
            arg_min(source_url, (impact_started_at, incident_id)) as source_url,
            bool_or(is_open) as is_open,
            min(impact_started_date) as impact_started_date,
            min(impact_started_at) as impact_started_at,
            max(ended_at) as ended_at
        from numbered
        group by service_id, stretch
    )
select
    service_id || '|' || incident_id as observation_id,
    service_id,
    team_id,
    {{ seconds_between("impact_started_at", "ended_at") }} as value,
    true as is_numerator,
    is_open,
    false as is_bot,
    null::varchar as exclusion_reason,
    title as label,
    source_url,
    impact_started_date as anchor_date,
    impact_started_at as anchor_at
from stretches
