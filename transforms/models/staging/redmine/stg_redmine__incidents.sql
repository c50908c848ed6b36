{{ config(kind="redmine", stream="incidents", key=["issue_id"]) }}

select
    id as issue_id,
    subject as title,
    {{ redmine_status("status_name", "is_closed", "statuses") }} as status,
    coalesce(
        nullif({{ named_field("$.custom_fields", "service_field", "$.value") }}, ''),
        project
    ) as service_name,
    coalesce(
        try_cast(
            regexp_extract(
                {{ named_field("$.custom_fields", "severity_field", "$.value") }},
                '[0-9]'
            ) as bigint
        ),
        case
            lower(priority)
            when 'immediate'
            then 1
            when 'urgent'
            then 2
            when 'high'
            then 3
            when 'normal'
            then 4
            when 'low'
            then 5
        end,
        try_cast(regexp_extract(priority, '[0-9]') as bigint)
    ) as severity,
    {{ instant("created") }} as created_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("updated") }} as source_updated_at,
    base_url || '/issues/' || id as source_url,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an issue without id": "id is null",
                "an issue without status": "status_name is null",
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
                "is_closed": "$.status.is_closed",
                "project": "$.project.name",
                "priority": "$.priority.name",
                "created": "$.created_on",
                "closed": "$.closed_on",
                "updated": "$.updated_on",
            },
            context={
                "service_field": "$.service_field",
                "severity_field": "$.severity_field",
                "statuses": "$.statuses",
                "base_url": "$.base_url",
            },
        )
    }}
