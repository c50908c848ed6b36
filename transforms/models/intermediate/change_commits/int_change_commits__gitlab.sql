with
    commits as (
        select *
        from
            {{
                newest(
                    "stg_gitlab__merge_request_commits",
                    "source, repository, number, commit_sha",
                )
            }}
    ),
    change_commits as (
        select
            source || ':' || repository || '#' || number as change_id,
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
        from commits
    )
select *
from change_commits
