{{ config(kind="roundup", stream="change_requests", key=["item_id"]) }}

select
    id as item_id,
    title,
    lower(status_name) as state,
    item_class as type,
    {{ named_property("service_property") }} as service_name,
    {{ pseudonym("creator") }} as requester_id,
    {{ pseudonym("assignee") }} as assignee_id,
    {{ dotted_instant(named_property("planned_start_property")) }} as planned_start_at,
    {{ dotted_instant(named_property("planned_end_property")) }} as planned_end_at,
    {{ dotted_instant("creation") }} as created_at,
    {{ dotted_instant("activity") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an item without id": "id is null",
                "an item without creation time": dotted_instant("creation")
                ~ " is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "title": "$.title",
                "status_name": "$.status.name",
                "creator": "$.creator.username",
                "assignee": "$.assignedto.username",
                "creation": "$.creation",
                "activity": "$.activity",
            },
            context={
                "item_class": "$.item_class",
                "service_property": "$.service_property",
                "planned_start_property": "$.planned_start_property",
                "planned_end_property": "$.planned_end_property",
            },
        )
    }}
