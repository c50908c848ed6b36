-- title: Incidents that no deployment caused
-- question: Which incidents need another explanation than a deployment?
-- asked by: reliability engineers
-- topic: Incidents
select
    number,
    title,
    service_id,
    severity,
    impact_started_at,
    none_probability,
    basis,
    background_per_week,
    source_url
from incident_explanations
where attribution = 'not_deployment'
order by impact_started_at desc, number, service_id
