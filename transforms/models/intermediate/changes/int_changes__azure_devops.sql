with
    pulls as (
        select *
        from
            {{
                newest(
                    "stg_azure_devops__pull_requests",
                    "source, repository_id, pull_number",
                )
            }}
    ),
    changes as (
        select
            source || ':' || repository || '#' || pull_number as change_id,
            repository,
            pull_number,
            author_id,
            case
                when status = 'completed' then merge_commit_sha
            end as merge_commit_sha,
            title,
            case
                when status = 'active'
                then 'open'
                when status = 'completed'
                then 'merged'
                else lower(status)
            end as state,
            head_branch,
            base_branch,
            source_url,
            labels,
            false as is_bot,
            coalesce(is_draft, false) as is_draft,
            status = 'completed' as is_merged,
            created_at,
            case when status = 'completed' then closed_at end as merged_at,
            closed_at,
            coalesce(closed_at, created_at) as source_updated_at,
            source,
            page_id,
            ordinal,
            read_at
        from pulls
    )
select *
from changes
