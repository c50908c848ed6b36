{# Incidents of our own pages; those of a vendor are not ours. Of several components the first. #}
select
    incidents.source || ':' || incidents.incident_id as incident_id,
    incidents.incident_id as number,
    coalesce(components.name, incidents.component_names[1]) as service_name,
    incidents.title,
    case
        when incidents.status = 'investigating'
        then 'open'
        when incidents.status in ('identified', 'monitoring')
        then 'acknowledged'
        when incidents.status in ('resolved', 'postmortem', 'completed')
        then 'resolved'
        else 'open'
    end as status,
    incidents.source_url,
    case
        incidents.impact
        when 'critical'
        then 1
        when 'major'
        then 2
        when 'minor'
        then 3
        when 'none'
        then 4
    end as severity,
    0 as reopen_count,
    incidents.started_at as stated_impact_started_at,
    incidents.created_at as detected_at,
    incidents.created_at,
    case
        when incidents.status in ('resolved', 'postmortem', 'completed')
        then incidents.resolved_at
    end as resolved_at,
    incidents.resolved_at as last_resolved_at,
    incidents.source_updated_at,
    incidents.source,
    incidents.page_id,
    incidents.ordinal,
    incidents.read_at
from {{ ref("stg_statuspage__incidents") }} as incidents
left join
    {{ newest("stg_statuspage__components", "source, component_id") }} as components
    on incidents.source = components.source
    and incidents.component_ids[1] = components.component_id
where
    not incidents.is_vendor
    and incidents.impact is distinct from 'maintenance'
    and incidents.read_at <= {{ as_of() }}
