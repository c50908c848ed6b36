select
    incidents.source || ':' || incidents.incident_id as incident_id,
    incidents.number,
    services.name as service_name,
    incidents.title,
    {# a status that is not known yet is no end #}
    case
        when incidents.status in ('resolved', 'closed')
        then incidents.status
        else 'open'
    end as status,
    incidents.source_url,
    {{ severity_of("incidents.priority") }} as severity,
    0 as reopen_count,
    incidents.impact_started_at as stated_impact_started_at,
    incidents.created_at as detected_at,
    incidents.created_at,
    case
        when incidents.status in ('resolved', 'closed')
        then coalesce(incidents.impact_ended_at, incidents.source_updated_at)
    end as resolved_at,
    incidents.source_updated_at,
    incidents.source,
    incidents.page_id,
    incidents.ordinal,
    incidents.read_at
from {{ ref("stg_opsgenie__incidents") }} as incidents
left join
    {{ newest("stg_opsgenie__services", "source, source_service_id") }} as services
    on incidents.source = services.source
    and incidents.source_service_id = services.source_service_id
where incidents.read_at <= {{ as_of() }}
