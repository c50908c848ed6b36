{# A workflow is a run; a pipeline without one, whose configuration was wrong, never ran. #}
with
    workflows as (
        select * from {{ newest("stg_circleci__workflows", "source, workflow_id") }}
    ),
    pipelines as (
        select * from {{ newest("stg_circleci__pipelines", "source, pipeline_id") }}
    ),
    runs as (
        select
            workflows.source || ':' || workflows.workflow_id as pipeline_run_id,
            pipelines.repository,
            pipelines.commit_sha,
            workflows.name,
            pipelines.event,
            case
                when workflows.status in ('running', 'failing')
                then 'in_progress'
                when workflows.status = 'on_hold'
                then 'waiting'
                else 'completed'
            end as status,
            case
                when workflows.status not in ('running', 'failing', 'on_hold')
                then {{ conclusion("workflows.status") }}
            end as conclusion,
            coalesce(pipelines.branch, pipelines.tag) as branch,
            pipelines.source_url
            || '/workflows/'
            || workflows.workflow_id as source_url,
            1 as attempt_count,
            workflows.created_at,
            workflows.created_at as started_at,
            case
                when workflows.status not in ('running', 'failing', 'on_hold')
                then workflows.stopped_at
            end as finished_at,
            workflows.source,
            workflows.page_id,
            workflows.ordinal,
            workflows.read_at
        from workflows
        left join
            pipelines
            on workflows.source = pipelines.source
            and workflows.pipeline_id = pipelines.pipeline_id
    )
select *
from runs
