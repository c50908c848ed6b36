{{ config(kind="git", stream="paths", key=["repository", "commit_sha"]) }}

select
    repository,
    sha as commit_sha,
    try_cast(try_cast(paths as json) as varchar[]) as paths,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without sha": "sha is null",
                "a commit without repository": "repository is null",
                "a commit whose paths are no list": "try_cast(try_cast(paths as json) as varchar[]) is null",
            }
        )
    }}
from
    {{
        records(
            {"sha": "$.sha", "paths": "$.paths"},
            {"repository": "$.repository"},
        )
    }}
