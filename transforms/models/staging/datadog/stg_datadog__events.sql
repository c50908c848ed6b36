{{ config(kind="datadog", stream="events", key=["event_id"]) }}

select
    id as event_id,
    {{ masked("title") }} as title,
    lower(coalesce(resource_type, event_type, category)) as type,
    resource_name,
    coalesce(
        nullif(json_extract_string(try_cast(impacted as json), '$[*].name'), []),
        [nullif(service, 'undefined')]
    ) as services,
    json_extract_string(try_cast(tags as json), '$[*]') as tags,
    case
        when author_type is distinct from 'automation' then {{ pseudonym("author") }}
    end as actor_id,
    {{ instant("happened") }} as happened_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an event without id": "id is null",
                "an event without time": "try_cast(happened as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "title": "$.attributes.attributes.title",
                "resource_type": "$.attributes.attributes.changed_resource.type",
                "resource_name": "$.attributes.attributes.changed_resource.name",
                "event_type": "$.attributes.attributes.evt.type",
                "category": "$.attributes.attributes.evt.category",
                "impacted": "$.attributes.attributes.impacted_resources",
                "service": "$.attributes.attributes.service",
                "author": "$.attributes.attributes.author.name",
                "author_type": "$.attributes.attributes.author.type",
                "tags": "$.attributes.tags",
                "happened": "$.attributes.timestamp",
            }
        )
    }}
