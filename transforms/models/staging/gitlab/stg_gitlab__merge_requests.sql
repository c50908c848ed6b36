{{ config(kind="gitlab", stream="merge_requests", key=["merge_request_id"]) }}

select
    try_cast(id as bigint) as merge_request_id,
    repository,
    try_cast(iid as bigint) as number,
    title,
    web_url as source_url,
    lower(state) as state,
    source_branch as head_branch,
    target_branch as base_branch,
    coalesce(
        merge_commit_sha, squash_commit_sha, case when state = 'merged' then sha end
    ) as merge_commit_sha,
    json_extract_string(try_cast(coalesce(labels, '[]') as json), '$[*]') as labels,
    {{ pseudonym("username") }} as author_id,
    {{ is_gitlab_bot("username") }} as is_bot,
    coalesce(draft, work_in_progress) = 'true' as is_draft,
    {{ instant("created") }} as created_at,
    {{ instant("merged") }} as merged_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a merge request without id": "try_cast(id as bigint) is null",
                "a merge request without number": "try_cast(iid as bigint) is null",
                "a merge request without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "iid": "$.iid",
                "title": "$.title",
                "web_url": "$.web_url",
                "state": "$.state",
                "username": "$.author.username",
                "source_branch": "$.source_branch",
                "target_branch": "$.target_branch",
                "labels": "$.labels",
                "sha": "$.sha",
                "merge_commit_sha": "$.merge_commit_sha",
                "squash_commit_sha": "$.squash_commit_sha",
                "draft": "$.draft",
                "work_in_progress": "$.work_in_progress",
                "created": "$.created_at",
                "updated": "$.updated_at",
                "merged": "$.merged_at",
                "closed": "$.closed_at",
            },
            {"repository": "$.repository"},
        )
    }}
