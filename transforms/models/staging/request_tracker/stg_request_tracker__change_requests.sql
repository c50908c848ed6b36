{{ config(kind="request_tracker", stream="change_requests", key=["ticket_id"]) }}

select
    id as ticket_id,
    subject as title,
    lower(ticket_status) as state,
    queue as type,
    coalesce(
        nullif({{ named_field("$.CustomFields", "service_field", "$.values[0]") }}, ''),
        queue
    ) as service_name,
    {{ pseudonym("creator") }} as requester_id,
    case when owner <> 'Nobody' then {{ pseudonym("owner") }} end as assignee_id,
    {{ set_instant("starts") }} as planned_start_at,
    {{ set_instant("due") }} as planned_end_at,
    {{ set_instant("started") }} as work_started_at,
    {{ set_instant("resolved") }} as work_ended_at,
    {{ set_instant("created") }} as created_at,
    {{ set_instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a ticket without id": "id is null",
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
                "queue": "$.Queue.Name",
                "creator": "$.Creator.id",
                "owner": "$.Owner.id",
                "starts": "$.Starts",
                "due": "$.Due",
                "created": "$.Created",
                "started": "$.Started",
                "resolved": "$.Resolved",
                "updated": "$.LastUpdated",
            },
            context={"service_field": "$.service_field"},
        )
    }}
