{# Incidents that count with their probable cause, once for each impaired service: a service is null where none is known. #}
select
    incidents.incident_id,
    members.service_id,
    members.team_id,
    attributions.top_change_event_id,
    events.service_id as top_service_id,
    events.label as top_label,
    incidents.number,
    incidents.title,
    incidents.sources,
    incidents.source_url,
    attributions.attribution,
    attributions.basis,
    incidents.severity,
    attributions.top_probability,
    attributions.none_probability,
    attributions.background_per_week,
    incidents.is_open,
    attributions.attribution = 'deployment'
    or attributions.basis = 'verdict' as is_explained,
    incidents.impact_started_date,
    incidents.impact_started_at,
    incidents.detected_at,
    incidents.acknowledged_at,
    incidents.restored_at
from {{ ref("incident_attributions") }} as attributions
inner join
    {{ ref("fct_incidents") }} as incidents
    on attributions.incident_id = incidents.incident_id
left join
    {{ ref("incident_services") }} as members
    on attributions.incident_id = members.incident_id
left join
    {{ ref("change_events") }} as events
    on attributions.top_change_event_id = events.change_event_id
