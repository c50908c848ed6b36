{{ config(kind="git", stream="patches", key=["repository", "commit_sha"]) }}

select
    repository,
    sha as commit_sha,
    patch_id,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without sha": "sha is null",
                "a commit without repository": "repository is null",
                "a commit without patch id": "patch_id is null",
            }
        )
    }}
from
    {{
        records(
            {"sha": "$.sha", "patch_id": "$.patch_id"},
            {"repository": "$.repository"},
        )
    }}
