with
    jobs as (
        select *
        from {{ newest("stg_github__workflow_jobs", "source, repository, job_id") }}
    ),
    pipeline_jobs as (
        select
            source || ':' || job_id as pipeline_job_id,
            source || ':' || run_id as pipeline_run_id,
            repository,
            name,
            status,
            conclusion,
            source_url,
            attempt,
            started_at,
            finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from jobs
    )
select *
from pipeline_jobs
