{{
    config(
        kind="bitbucket",
        stream="pull_request_commits",
        key=["repository", "pull_number", "commit_sha"],
    )
}}

select
    repository,
    try_cast(pull_number as bigint) as pull_number,
    hash as commit_sha,
    split_part(message, chr(10), 1) as title,
    json_array_length(try_cast(parents as json)) as parent_count,
    {{
        pseudonym(
            "coalesce(account_id, author_uuid, regexp_extract(author_raw, '<([^>]*)>', 1))"
        )
    }}
    as author_id,
    coalesce(author_type in ('app_user', 'team'), false) as is_bot,
    {{ instant("committed") }} as committed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without hash": "hash is null",
                "a commit without pull request": "try_cast(pull_number as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "hash": "$.hash",
                "message": "$.message",
                "parents": "$.parents",
                "account_id": "$.author.user.account_id",
                "author_uuid": "$.author.user.uuid",
                "author_type": "$.author.user.type",
                "author_raw": "$.author.raw",
                "committed": "$.date",
            },
            {"repository": "$.repository", "pull_number": "$.pull_number"},
        )
    }}
