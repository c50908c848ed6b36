{{
    config(
        kind="azure_devops",
        stream="pull_request_commits",
        key=["repository_id", "pull_number", "commit_sha"],
    )
}}

select
    repository_id,
    try_cast(pull_number as bigint) as pull_number,
    commit as commit_sha,
    split_part(comment, chr(10), 1) as title,
    {{ pseudonym("author_address") }} as author_id,
    {{ azure_instant("authored") }} as authored_at,
    {{ azure_instant("committed") }} as committed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without id": "commit is null",
                "a commit without pull request": "try_cast(pull_number as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "commit": "$.commitId",
                "comment": "$.comment",
                "author_address": "$.author.email",
                "authored": "$.author.date",
                "committed": "$.committer.date",
            },
            {"repository_id": "$.repository_id", "pull_number": "$.pull_number"},
        )
    }}
