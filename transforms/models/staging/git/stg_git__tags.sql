{{ config(kind="git", stream="tags", key=["repository", "tag"]) }}

select
    repository,
    name as tag,
    sha as commit_sha,
    is_annotated = 'true' as is_annotated,
    {{ epoch_instant("created") }} as created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a tag without name": "name is null",
                "a tag that points at no commit": "sha is null",
                "a tag without date": "try_cast(created as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "name": "$.name",
                "sha": "$.commit_sha",
                "created": "$.created_at",
                "is_annotated": "$.is_annotated",
            },
            {"repository": "$.repository"},
        )
    }}
