{{ metric(kind="median", domain="incidents", is_per_service=true) }}

select
    incidents.incident_id as observation_id,
    incident_services.service_id,
    incident_services.team_id,
    incidents.detect_seconds as value,
    not false as is_numerator,
    false as is_open,
    case
        when incidents.exclusion_reason is not null
        then incidents.exclusion_reason
        when incidents.severity > 2
        then 'severity_below_2'
        when incidents.impact_started_field <> 'impact_started_at'
        then 'impact_start_not_stated'
        when incidents.detected_at < incidents.impact_started_at - interval 120 seconds
        then 'negative_duration'
    end as exclusion_reason,
    incidents.title as label,
    incidents.source_url,
    incidents.impact_started_date as anchor_date,
    incidents.impact_started_at as anchor_at
from {{ ref("fct_incidents") }} as incidents
left join
    {{ ref("incident_services") }} as incident_services
    on incidents.root_incident_id = incident_services.incident_id
