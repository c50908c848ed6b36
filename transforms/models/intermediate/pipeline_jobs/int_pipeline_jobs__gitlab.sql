with
    jobs as (select * from {{ newest("stg_gitlab__pipeline_jobs", "source, job_id") }}),
    pipeline_jobs as (
        select
            source || ':' || job_id as pipeline_job_id,
            source || ':' || pipeline_id as pipeline_run_id,
            repository,
            name,
            {{ gitlab_run_status("status") }} as status,
            {{ gitlab_conclusion("status") }} as conclusion,
            source_url,
            status = 'failed' and is_soft_fail as is_soft_fail,
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
