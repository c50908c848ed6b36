{# What an error says may hold addresses of people. #}
{{ config(kind="sentry", stream="issues", key=["issue_id"]) }}

select
    id as issue_id,
    short_id,
    {{ masked("title") }} as title,
    level,
    state,
    project,
    permalink as source_url,
    try_cast(event_count as bigint) as event_count,
    try_cast(user_count as bigint) as user_count,
    {{ instant("first_seen") }} as first_seen_at,
    {{ instant("last_seen") }} as last_seen_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an issue without id": "id is null",
                "an issue without status": "state is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "short_id": "$.shortId",
                "title": "$.title",
                "level": "$.level",
                "state": "$.status",
                "project": "$.project.slug",
                "permalink": "$.permalink",
                "event_count": "$.count",
                "user_count": "$.userCount",
                "first_seen": "$.firstSeen",
                "last_seen": "$.lastSeen",
            }
        )
    }}
