{{
    config(
        kind="statuspage",
        stream="incidents",
        key=["incident_id"],
        known_values={
            "status": [
                "investigating",
                "identified",
                "monitoring",
                "resolved",
                "postmortem",
                "scheduled",
                "in_progress",
                "verifying",
                "completed",
            ],
            "impact": ["none", "minor", "major", "critical", "maintenance"],
        },
    )
}}

select
    id as incident_id,
    title,
    status,
    impact,
    source_url,
    {{ json_texts("components", "$.id") }} as component_ids,
    {{ json_texts("components", "$.name") }} as component_names,
    coalesce(is_vendor = 'true', false) as is_vendor,
    {{ instant("started") }} as started_at,
    {{ instant("created") }} as created_at,
    {{ instant("resolved") }} as resolved_at,
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
                "title": "$.name",
                "status": "$.status",
                "impact": "$.impact",
                "source_url": "$.shortlink",
                "components": "$.components",
                "started": "$.started_at",
                "created": "$.created_at",
                "resolved": "$.resolved_at",
                "updated": "$.updated_at",
            },
            context={"is_vendor": "$.is_vendor"},
        )
    }}
