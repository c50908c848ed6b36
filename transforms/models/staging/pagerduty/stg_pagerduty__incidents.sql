{{
    config(
        kind="pagerduty",
        stream="incidents",
        key=["incident_id"],
        known_values={
            "status": ["triggered", "acknowledged", "resolved"],
            "urgency": ["high", "low"],
        },
    )
}}

select
    id as incident_id,
    title,
    status,
    urgency,
    service_id as source_service_id,
    service_name,
    html_url as source_url,
    case
        when resolve_reason = 'merge_resolve_reason' then parent
    end as parent_incident_id,
    coalesce(
        try_cast(regexp_extract(priority, '[0-9]') as bigint),
        case urgency when 'high' then 2 else 4 end
    ) as severity,
    {{ instant("created") }} as created_at,
    case
        when status = 'resolved'
        then coalesce({{ instant("resolved") }}, {{ instant("last_change") }})
    end as resolved_at,
    {{ instant("coalesce(updated, last_change)") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an incident without id": "id is null",
                "an incident without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "number": "$.incident_number",
                "title": "$.title",
                "status": "$.status",
                "urgency": "$.urgency",
                "priority": "$.priority.summary",
                "service_id": "$.service.id",
                "service_name": "$.service.summary",
                "html_url": "$.html_url",
                "resolve_reason": "$.resolve_reason.type",
                "parent": "$.resolve_reason.incident.id",
                "created": "$.created_at",
                "resolved": "$.resolved_at",
                "last_change": "$.last_status_change_at",
                "updated": "$.updated_at",
            }
        )
    }}
