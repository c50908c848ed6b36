{{ config(kind="roundup", stream="incidents", key=["item_id"]) }}

select
    id as item_id,
    title,
    coalesce(
        {{ status_of("status_name", "statuses") }},
        case
            when status_name is null or lower(status_name) in ('unread', 'new', 'open')
            then 'open'
            when lower(status_name) in ('resolved', 'done', 'fixed')
            then 'resolved'
            when lower(status_name) = 'closed'
            then 'closed'
            when lower(status_name) in ('invalid', 'rejected', 'duplicate')
            then 'invalid'
            else 'acknowledged'
        end
    ) as status,
    {{ named_property("service_property") }} as service_name,
    case
        lower({{ named_property("severity_property") }})
        when 'critical'
        then 1
        when 'urgent'
        then 2
        when 'bug'
        then 3
        when 'feature'
        then 4
        when 'wish'
        then 5
        else
            try_cast(
                regexp_extract(
                    {{ named_property("severity_property") }}, '[0-9]'
                ) as bigint
            )
    end as severity,
    {{ dotted_instant("creation") }} as created_at,
    {{ dotted_instant("activity") }} as source_updated_at,
    base_url || '/' || item_class || id as source_url,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an item without id": "id is null",
                "an item without creation time": dotted_instant("creation")
                ~ " is null",
                "an item without last activity": dotted_instant("activity")
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
                "creation": "$.creation",
                "activity": "$.activity",
            },
            context={
                "item_class": "$.item_class",
                "service_property": "$.service_property",
                "severity_property": "$.severity_property",
                "statuses": "$.statuses",
                "base_url": "$.base_url",
            },
        )
    }}
