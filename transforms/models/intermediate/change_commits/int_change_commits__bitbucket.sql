with
    pull_commits as (
        select *
        from
            {{
                newest(
                    "stg_bitbucket__pull_request_commits",
                    "source, repository, pull_number, commit_sha",
                )
            }}
    ),
    change_commits as (
        select
            source || ':' || repository || '#' || pull_number as change_id,
            repository,
            commit_sha,
            author_id,
            title,
            is_bot,
            coalesce(parent_count > 1, false) as is_merge,
            committed_at as authored_at,
            committed_at,
            source,
            page_id,
            ordinal,
            read_at
        from pull_commits
    )
select *
from change_commits
