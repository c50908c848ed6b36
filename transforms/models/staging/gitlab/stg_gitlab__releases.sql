{{ config(kind="gitlab", stream="releases", key=["project_id", "tag"]) }}

select
    try_cast(project_id as bigint) as project_id,
    repository,
    tag,
    name,
    self_url as source_url,
    upcoming = 'true' as is_upcoming,
    {{ instant("created") }} as created_at,
    {{ instant("released") }} as published_at,
    {{ lineage() }},
    {{ quarantine({"a release without tag": "tag is null"}) }}
from
    {{
        records(
            {
                "tag": "$.tag_name",
                "name": "$.name",
                "self_url": "$._links.self",
                "upcoming": "$.upcoming_release",
                "created": "$.created_at",
                "released": "$.released_at",
            },
            {"repository": "$.repository", "project_id": "$.project_id"},
        )
    }}
