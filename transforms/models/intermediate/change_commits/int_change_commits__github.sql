with
    pull_commits as (
        select *
        from
            {{
                newest(
                    "stg_github__pull_commits",
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
            co_author_ids,
            is_bot,
            parent_count > 1 as is_merge,
            authored_at,
            committed_at,
            source,
            page_id,
            ordinal,
            read_at
        from pull_commits
    )
select *
from change_commits
