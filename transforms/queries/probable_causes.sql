-- title: Incidents with their most probable cause
-- question: What probably caused each incident, and how sure is that?
-- asked by: reliability engineers
-- topic: Incidents
select
    number,
    title,
    severity,
    impact_started_at,
    service_id,
    attribution,
    top_service_id as suspected_service,
    top_label as suspected_version,
    top_probability,
    none_probability,
    basis,
    source_url
from incident_explanations
order by impact_started_at desc, number, service_id
limit 200
