{{ config(kind="request_tracker", stream="incidents", key=["ticket_id"]) }}

select
    id as ticket_id,
    subject as title,
    lower(ticket_status) as status,
    {{ status_of("ticket_status", "statuses") }} as stated_status,
    queue_id,
    coalesce(
        nullif({{ named_field("$.CustomFields", "service_field", "$.values[0]") }}, ''),
        queue
    ) as service_name,
    coalesce(
        try_cast(
            regexp_extract(
                {{ named_field("$.CustomFields", "severity_field", "$.values[0]") }},
                '[0-9]'
            ) as bigint
        ),
        5 - cast(
            floor(
                least(greatest(try_cast(priority as bigint), 0), 100) / 25.0
            ) as bigint
        )
    ) as severity,
    {{ set_instant("created") }} as created_at,
    {{ set_instant("started") }} as started_at,
    {{ set_instant("resolved") }} as resolved_at,
    {{ set_instant("updated") }} as source_updated_at,
    base_url || '/Ticket/Display.html?id=' || id as source_url,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a ticket without id": "id is null",
                "a ticket without status": "ticket_status is null",
                "a ticket without creation time": set_instant("created") ~ " is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "subject": "$.Subject",
                "ticket_status": "$.Status",
                "queue_id": "$.Queue.id",
                "queue": "$.Queue.Name",
                "priority": "$.Priority",
                "created": "$.Created",
                "started": "$.Started",
                "resolved": "$.Resolved",
                "updated": "$.LastUpdated",
            },
            context={
                "service_field": "$.service_field",
                "severity_field": "$.severity_field",
                "statuses": "$.statuses",
                "base_url": "$.base_url",
            },
        )
    }}
