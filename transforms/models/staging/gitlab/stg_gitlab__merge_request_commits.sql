{{
    config(
        kind="gitlab",
        stream="merge_request_commits",
        key=["repository", "number", "commit_sha"],
    )
}}

select
    repository,
    try_cast(merge_request as bigint) as number,
    id as commit_sha,
    title,
    {{ co_author_ids("message") }} as co_author_ids,
    {{ pseudonym("author_email") }} as author_id,
    {{ is_gitlab_bot("author_name") }} as is_bot,
    json_array_length(try_cast(coalesce(parents, '[]') as json)) as parent_count,
    {{ instant("authored") }} as authored_at,
    {{ instant("committed") }} as committed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without id": "id is null",
                "a commit without merge request": "try_cast(merge_request as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "title": "$.title",
                "message": "$.message",
                "author_email": "$.author_email",
                "author_name": "$.author_name",
                "parents": "$.parent_ids",
                "authored": "$.authored_date",
                "committed": "$.committed_date",
            },
            {"repository": "$.repository", "merge_request": "$.merge_request"},
        )
    }}
