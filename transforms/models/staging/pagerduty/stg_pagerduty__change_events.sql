{{ config(kind="pagerduty", stream="change_events", key=["change_event_id"]) }}

select
    id as change_event_id,
    type,
    title,
    {{ json_texts("services", "$.id") }} as source_service_ids,
    environment,
    source_url,
    {{ instant("stamp") }} as changed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a change event without id": "id is null",
                "a change event without time": "try_cast(stamp as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "type": "$.type",
                "title": "$.summary",
                "services": "$.services",
                "environment": "$.custom_details.environment",
                "source_url": "$.links[0].href",
                "stamp": "$.timestamp",
            }
        )
    }}
