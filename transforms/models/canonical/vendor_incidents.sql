{# Incidents of vendors' own status pages; what they broke here is in incidents. #}
select
    incidents.source || ':' || incidents.incident_id as vendor_incident_id,
    vendors.vendor_id,
    incidents.title,
    incidents.impact,
    incidents.impact in ('major', 'critical') as is_outage,
    coalesce(incidents.started_at, incidents.created_at) as started_at,
    incidents.resolved_at,
    incidents.source_url,
    incidents.source,
    incidents.page_id,
    incidents.ordinal,
    incidents.read_at
from {{ newest("stg_statuspage__incidents", "source, incident_id") }} as incidents
left join {{ ref("vendors") }} as vendors on incidents.source = vendors.status_source
where incidents.is_vendor and incidents.impact is distinct from 'maintenance'
