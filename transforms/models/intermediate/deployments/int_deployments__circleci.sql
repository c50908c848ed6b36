{#
  A job that began and whose name says that it deploys is a deployment, under the job's own id: a
  workflow that is run again keeps the jobs that it does not repeat, and they deployed once.
#}
with
    workflows as (
        select * from {{ newest("stg_circleci__workflows", "source, workflow_id") }}
    ),
    pipelines as (
        select * from {{ newest("stg_circleci__pipelines", "source, pipeline_id") }}
    ),
    jobs as (
        select
            jobs.*,
            settings.git_environment_id as environment_id,
            case
                when
                    jobs.status
                    not in ('running', 'queued', 'not_running', 'blocked', 'on_hold')
                then {{ conclusion("jobs.status") }}
            end as conclusion
        from {{ ref("stg_circleci__jobs") }} as jobs
        inner join
            {{ ref("int_source_settings") }} as settings
            on jobs.source = settings.source
        where
            jobs.read_at <= {{ as_of() }}
            and jobs.started_at is not null
            and jobs.job_type is distinct from 'approval'
            and regexp_matches(jobs.name, settings.deploy_job_pattern)
    ),
    deployments as (
        select
            jobs.source || ':' || jobs.job_id as deployment_id,
            pipelines.repository,
            jobs.environment_id,
            pipelines.commit_sha,
            'deploy' as task,
            coalesce(pipelines.tag, pipelines.branch) as ref,
            jobs.source || ':' || jobs.workflow_id as pipeline_run_id,
            workflows.actor_id,
            pipelines.source_url
            || '/workflows/'
            || jobs.workflow_id
            || '/jobs/'
            || jobs.job_number as source_url,
            {{ deployed_status("jobs.conclusion") }} as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            jobs.started_at as created_at,
            jobs.started_at,
            case
                when jobs.conclusion is not null then jobs.stopped_at
            end as finished_at,
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
        where jobs.conclusion is distinct from 'skipped'
    )
select *
from deployments
