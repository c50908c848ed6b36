{{ config(kind="redmine", stream="change_requests", key=["issue_id"]) }}

select
    id as issue_id,
    subject as title,
    lower(status_name) as state,
    tracker as type,
    coalesce(
        nullif({{ named_field("$.custom_fields", "service_field", "$.value") }}, ''),
        project
    ) as service_name,
    {{ pseudonym("author") }} as requester_id,
    {{ pseudonym("assignee") }} as assignee_id,
    {# days without a time, in no stated zone: the first starts, the last has ended after it #}
    try(cast(try_cast(start_date as date) as timestamp)) as planned_start_at,
    try(cast(try_cast(due_date as date) + 1 as timestamp)) as planned_end_at,
    {{ instant("created") }} as created_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an issue without id": "id is null",
                "an issue without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "subject": "$.subject",
                "status_name": "$.status.name",
                "tracker": "$.tracker.name",
                "project": "$.project.name",
                "author": "$.author.name",
                "assignee": "$.assigned_to.name",
                "start_date": "$.start_date",
                "due_date": "$.due_date",
                "created": "$.created_on",
                "closed": "$.closed_on",
                "updated": "$.updated_on",
            },
            context={"service_field": "$.service_field"},
        )
    }}
