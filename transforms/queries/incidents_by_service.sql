-- title: Incidents of each service
-- question: Where do incidents happen again and again?
-- asked by: head of engineering
-- topic: Incidents
select
    services.service_id,
    count(distinct incidents.incident_id) as incident_count,
    count(
        distinct case when incidents.severity <= 2 then incidents.incident_id end
    ) as severe_count,
    sum(incidents.active_seconds) / 3600 as active_hours,
    max(incidents.impact_started_at) as last_at
from fct_incidents as incidents
inner join incident_services as services on incidents.incident_id = services.incident_id
where
    incidents.exclusion_reason is null
    and incidents.impact_started_at
    > (select as_of - interval 365 day from build_information)
group by services.service_id
order by incident_count desc, services.service_id
