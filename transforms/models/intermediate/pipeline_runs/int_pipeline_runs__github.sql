with
    runs as (
        select *
        from {{ newest("stg_github__workflow_runs", "source, repository, run_id") }}
    ),
    pipeline_runs as (
        select
            source || ':' || run_id as pipeline_run_id,
            repository,
            commit_sha,
            name,
            event,
            status,
            conclusion,
            branch,
            source_url,
            attempt_count,
            created_at,
            started_at,
            case when status = 'completed' then source_updated_at end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from runs
    )
select *
from pipeline_runs
