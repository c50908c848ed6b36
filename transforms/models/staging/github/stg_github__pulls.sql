{{ config(kind="github", stream="pulls", key=["repository", "pull_number"]) }}

select
    repository,
    try_cast(number as bigint) as pull_number,
    title,
    html_url as source_url,
    state,
    head_ref as head_branch,
    base_ref as base_branch,
    merge_commit_sha,
    json_extract_string(
        try_cast(coalesce(labels, '[]') as json), '$[*].name'
    ) as labels,
    {{ pseudonym("login") }} as author_id,
    coalesce(user_type = 'Bot' or login like '%[bot]', false) as is_bot,
    draft = 'true' as is_draft,
    {{ instant("created") }} as created_at,
    {{ instant("merged") }} as merged_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a pull request without number": "try_cast(number as bigint) is null",
                "a pull request without repository": "repository is null",
            }
        )
    }}
from
    {{
        records(
            {
                "number": "$.number",
                "title": "$.title",
                "html_url": "$.html_url",
                "state": "$.state",
                "login": "$.user.login",
                "user_type": "$.user.type",
                "head_ref": "$.head.ref",
                "base_ref": "$.base.ref",
                "labels": "$.labels",
                "merge_commit_sha": "$.merge_commit_sha",
                "draft": "$.draft",
                "created": "$.created_at",
                "updated": "$.updated_at",
                "merged": "$.merged_at",
                "closed": "$.closed_at",
            },
            {"repository": "$.repository"},
        )
    }}
