{{ config(kind="git", stream="commits", key=["repository", "commit_sha"]) }}

select
    repository,
    sha as commit_sha,
    subject as title,
    try_cast(try_cast(parents as json) as varchar[]) as parent_shas,
    try_cast(try_cast(coalesce(reverts, '[]') as json) as varchar[]) as reverted_shas,
    {{ named_keys("subject") }} as named_keys,
    {{ pseudonym("author_email") }} as author_id,
    coalesce(author_email like '%[bot]%', false) as is_bot,
    {{ epoch_instant("authored") }} as authored_at,
    {{ epoch_instant("committed") }} as committed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a commit without sha": "sha is null",
                "a commit without repository": "repository is null",
                "a commit whose committer date is no number": "try_cast(committed as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "sha": "$.sha",
                "parents": "$.parents",
                "authored": "$.authored_at",
                "committed": "$.committed_at",
                "author_email": "$.author_email",
                "subject": "$.subject",
                "reverts": "$.reverts",
            },
            {"repository": "$.repository"},
        )
    }}
