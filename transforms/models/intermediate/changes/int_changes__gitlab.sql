with
    merge_requests as (
        select *
        from {{ newest("stg_gitlab__merge_requests", "source, merge_request_id") }}
    ),
    changes as (
        select
            source || ':' || repository || '#' || number as change_id,
            repository,
            number as pull_number,
            author_id,
            merge_commit_sha,
            title,
            case
                when state in ('opened', 'locked') then 'open' else 'closed'
            end as state,
            head_branch,
            base_branch,
            source_url,
            labels,
            is_bot,
            is_draft,
            merged_at is not null as is_merged,
            created_at,
            merged_at,
            coalesce(closed_at, merged_at) as closed_at,
            source_updated_at,
            source,
            page_id,
            ordinal,
            read_at
        from merge_requests
    )
select *
from changes
