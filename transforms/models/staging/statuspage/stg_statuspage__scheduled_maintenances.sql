{{
    config(
        kind="statuspage",
        stream="scheduled_maintenances",
        key=["maintenance_id"],
        known_values={
            "status": ["scheduled", "in_progress", "verifying", "completed"]
        },
    )
}}

select
    id as maintenance_id,
    title,
    status,
    source_url,
    {{ json_texts("components", "$.id") }} as component_ids,
    {{ json_texts("components", "$.name") }} as component_names,
    coalesce(is_vendor = 'true', false) as is_vendor,
    {{ instant("scheduled_for") }} as starts_at,
    {{ instant("scheduled_until") }} as ends_at,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a maintenance without id": "id is null",
                "a maintenance without planned start": "try_cast(scheduled_for as timestamptz) is null",
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
                "source_url": "$.shortlink",
                "components": "$.components",
                "scheduled_for": "$.scheduled_for",
                "scheduled_until": "$.scheduled_until",
                "created": "$.created_at",
            },
            context={"is_vendor": "$.is_vendor"},
        )
    }}
