{{ config(kind="gitlab", stream="pipelines", key=["pipeline_id"]) }}

select
    try_cast(id as bigint) as pipeline_id,
    repository,
    coalesce(nullif(name, ''), ref) as name,
    event,
    lower(status) as status,
    sha as commit_sha,
    ref,
    web_url as source_url,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{ quarantine({"a pipeline without id": "try_cast(id as bigint) is null"}) }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "event": "$.source",
                "status": "$.status",
                "sha": "$.sha",
                "ref": "$.ref",
                "web_url": "$.web_url",
                "created": "$.created_at",
                "updated": "$.updated_at",
            },
            {"repository": "$.repository"},
        )
    }}
