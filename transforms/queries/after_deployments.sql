-- title: Do incidents follow deployments?
-- question: For which services do incidents follow deployments more often than by
-- chance?
-- asked by: reliability engineers
-- topic: Incidents
select
    scope_id,
    statement,
    change_event_count,
    exposed_incident_count,
    other_incident_count,
    rate_ratio,
    rate_ratio_low,
    rate_ratio_high,
    p_adjusted,
    excess_incident_count
from service_causation
order by p_adjusted nulls last, exposed_incident_count desc, scope_id
