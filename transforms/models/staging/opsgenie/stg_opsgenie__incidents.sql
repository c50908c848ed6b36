{{
    config(
        kind="opsgenie",
        stream="incidents",
        key=["incident_id"],
        known_values={"status": ["open", "resolved", "closed"]},
    )
}}

select
    id as incident_id,
    coalesce('#' || tiny_id, id) as number,
    title,
    lower(status) as status,
    priority,
    service_id as source_service_id,
    source_url,
    {{ instant("impact_start") }} as impact_started_at,
    {{ instant("impact_end") }} as impact_ended_at,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an incident without id": "id is null",
                "an incident without status": "status is null",
                "an incident without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "tiny_id": "$.tinyId",
                "title": "$.message",
                "status": "$.status",
                "priority": "$.priority",
                "service_id": "$.impactedServices[0]",
                "source_url": "$.links.web",
                "impact_start": "$.impactStartDate",
                "impact_end": "$.impactEndDate",
                "created": "$.createdAt",
                "updated": "$.updatedAt",
            }
        )
    }}
