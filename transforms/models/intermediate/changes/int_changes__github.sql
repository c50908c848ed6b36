with
    pulls as (
        select *
        from {{ newest("stg_github__pulls", "source, repository, pull_number") }}
    ),
    changes as (
        select
            source || ':' || repository || '#' || pull_number as change_id,
            repository,
            pull_number,
            author_id,
            merge_commit_sha,
            title,
            state,
            head_branch,
            base_branch,
            source_url,
            labels,
            is_bot,
            is_draft,
            merged_at is not null as is_merged,
            created_at,
            merged_at,
            closed_at,
            source_updated_at,
            source,
            page_id,
            ordinal,
            read_at
        from pulls
    )
select *
from changes
