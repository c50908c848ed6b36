{{ config(kind="github", stream="pull_reviews", key=["repository", "review_id"]) }}

select
    repository,
    try_cast(pull_number as bigint) as pull_number,
    try_cast(id as bigint) as review_id,
    lower(state) as state,
    commit_sha,
    html_url as source_url,
    {{ pseudonym("login") }} as reviewer_id,
    coalesce(user_type = 'Bot' or login like '%[bot]', false) as is_bot,
    {{ instant("submitted") }} as submitted_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a review without id": "try_cast(id as bigint) is null",
                "a review without pull request": "try_cast(pull_number as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "login": "$.user.login",
                "user_type": "$.user.type",
                "state": "$.state",
                "submitted": "$.submitted_at",
                "commit_sha": "$.commit_id",
                "html_url": "$.html_url",
            },
            {"repository": "$.repository", "pull_number": "$.pull_number"},
        )
    }}
