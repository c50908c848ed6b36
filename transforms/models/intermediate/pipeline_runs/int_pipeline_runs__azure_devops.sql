with
    runs as (
        select
            source || ':' || build_id as pipeline_run_id,
            repository,
            commit_sha,
            name,
            event,
            case
                when status = 'completed'
                then 'completed'
                when status in ('notStarted', 'postponed')
                then 'queued'
                else 'in_progress'
            end as status,
            conclusion,
            branch,
            source_url,
            1 as attempt_count,
            queued_at as created_at,
            started_at,
            finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from {{ ref("int_azure_builds") }}
        where is_current
    )
select *
from runs
