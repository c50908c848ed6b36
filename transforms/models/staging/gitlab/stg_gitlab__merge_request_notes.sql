{{ config(kind="gitlab", stream="merge_request_notes", key=["note_id"]) }}

select
    try_cast(id as bigint) as note_id,
    repository,
    try_cast(merge_request as bigint) as number,
    case
        when coalesce(is_system, 'false') <> 'true'
        then 'commented'
        when starts_with(lower(body), 'approved this merge request')
        then 'approved'
        when starts_with(lower(body), 'unapproved this merge request')
        then 'dismissed'
        when starts_with(lower(body), 'requested changes')
        then 'changes_requested'
    end as state,
    {{ pseudonym("username") }} as reviewer_id,
    {{ is_gitlab_bot("username") }} as is_bot,
    {{ instant("created") }} as submitted_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a note without id": "try_cast(id as bigint) is null",
                "a note without merge request": "try_cast(merge_request as bigint) is null",
                "a note without time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "body": "$.body",
                "is_system": "$.system",
                "username": "$.author.username",
                "created": "$.created_at",
            },
            {"repository": "$.repository", "merge_request": "$.merge_request"},
        )
    }}
