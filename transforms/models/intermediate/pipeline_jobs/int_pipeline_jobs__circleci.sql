with
    jobs as (
        select * from {{ newest("stg_circleci__jobs", "source, workflow_id, job_id") }}
    ),
    workflows as (
        select * from {{ newest("stg_circleci__workflows", "source, workflow_id") }}
    ),
    pipelines as (
        select * from {{ newest("stg_circleci__pipelines", "source, pipeline_id") }}
    ),
    pipeline_jobs as (
        select
            jobs.source
            || ':'
            || jobs.workflow_id
            || '/'
            || jobs.job_id as pipeline_job_id,
            jobs.source || ':' || jobs.workflow_id as pipeline_run_id,
            pipelines.repository,
            jobs.name,
            case
                when jobs.status = 'running'
                then 'in_progress'
                when jobs.status in ('queued', 'not_running', 'blocked')
                then 'queued'
                when jobs.status = 'on_hold'
                then 'waiting'
                else 'completed'
            end as status,
            case
                when
                    jobs.status
                    not in ('running', 'queued', 'not_running', 'blocked', 'on_hold')
                then {{ conclusion("jobs.status") }}
            end as conclusion,
            pipelines.source_url
            || '/workflows/'
            || jobs.workflow_id
            || '/jobs/'
            || jobs.job_number as source_url,
            1 as attempt,
            jobs.started_at,
            jobs.stopped_at as finished_at,
            jobs.source,
            jobs.page_id,
            jobs.ordinal,
            jobs.read_at
        from jobs
        left join
            workflows
            on jobs.source = workflows.source
            and jobs.workflow_id = workflows.workflow_id
        left join
            pipelines
            on workflows.source = pipelines.source
            and workflows.pipeline_id = pipelines.pipeline_id
    )
select *
from pipeline_jobs
