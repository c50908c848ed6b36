{{
    config(
        kind="bitbucket",
        stream="pull_requests",
        key=["repository", "pull_number"],
    )
}}

select
    repository,
    try_cast(number as bigint) as pull_number,
    title,
    state,
    html_url as source_url,
    head_branch,
    base_branch,
    merge_commit,
    {{ pseudonym("coalesce(account_id, author_uuid)") }} as author_id,
    coalesce(author_type in ('app_user', 'team'), false) as is_bot,
    draft = 'true' as is_draft,
    {{ instant("created") }} as created_at,
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
                "number": "$.id",
                "title": "$.title",
                "state": "$.state",
                "html_url": "$.links.html.href",
                "head_branch": "$.source.branch.name",
                "base_branch": "$.destination.branch.name",
                "merge_commit": "$.merge_commit.hash",
                "account_id": "$.author.account_id",
                "author_uuid": "$.author.uuid",
                "author_type": "$.author.type",
                "draft": "$.draft",
                "created": "$.created_on",
                "updated": "$.updated_on",
            },
            {"repository": "$.repository"},
        )
    }}
