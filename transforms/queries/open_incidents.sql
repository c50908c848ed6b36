-- title: Open incidents
-- question: Which incidents are open, how severe, and since when?
-- asked by: on-call engineers
-- topic: Incidents
select
    incidents.number,
    incidents.title,
    incidents.severity,
    incidents.status,
    string_agg(services.service_id, ', ' order by services.service_id) as services,
    date_diff('minute', incidents.impact_started_at, build.as_of) / 60 as hours_open,
    incidents.is_unacknowledged,
    incidents.source_url
from fct_incidents as incidents
cross join build_information as build
left join incident_services as services on incidents.incident_id = services.incident_id
where incidents.is_open and incidents.exclusion_reason is null
group by all
order by incidents.severity nulls last, hours_open desc
