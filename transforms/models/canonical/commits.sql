with
    read_commits as (
        select
            repository, commit_sha, title, null as source_url, parent_shas, reverted_shas,
            author_id, is_bot, authored_at, committed_at, source, page_id, ordinal, read_at
        from {{ ref('stg_git__commits') }}
        where read_at <= {{ as_of() }}
        union all
        select
            repository, commit_sha, title, source_url, parent_shas, reverted_shas,
            author_id, is_bot, authored_at, committed_at, source, page_id, ordinal, read_at
        from {{ ref('stg_github__commits') }}
        where read_at <= {{ as_of() }}
    ),
    numbered as (
        select
            *,
            row_number() over (
                partition by repository, commit_sha order by read_at, page_id, ordinal
            ) as reading
        from read_commits
    ),
    commits as (
        select
            repository || '@' || commit_sha as commit_id,
            repository,
            commit_sha,
            author_id,
            title,
            source_url,
            coalesce(parent_shas, []) as parent_shas,
            coalesce(reverted_shas, []) as reverted_shas,
            len(coalesce(parent_shas, [])) as parent_count,
            is_bot,
            len(coalesce(parent_shas, [])) > 1 as is_merge,
            authored_at,
            committed_at,
            source,
            page_id,
            ordinal,
            read_at
        from numbered
        where reading = 1
    )
select *
from commits
