{# A stage of a pipeline is a job of its build. #}
with
    stages as (
        select *
        from {{ newest("stg_jenkins__stages", "source, job, build_number, stage_id") }}
    ),
    builds as (
        select * from {{ newest("stg_jenkins__builds", "source, job, build_number") }}
    ),
    jobs as (
        select
            stages.source
            || ':'
            || stages.job
            || '#'
            || stages.build_number
            || '/'
            || stages.stage_id as pipeline_job_id,
            stages.source
            || ':'
            || stages.job
            || '#'
            || stages.build_number as pipeline_run_id,
            builds.repository,
            stages.name,
            case
                when stages.status is null
                then 'unknown'
                when stages.status in ('IN_PROGRESS', 'PAUSED_PENDING_INPUT')
                then 'in_progress'
                else 'completed'
            end as status,
            case
                when stages.status not in ('IN_PROGRESS', 'PAUSED_PENDING_INPUT')
                then {{ conclusion("stages.status") }}
            end as conclusion,
            builds.source_url,
            1 as attempt,
            stages.started_at,
            case
                when stages.status not in ('IN_PROGRESS', 'PAUSED_PENDING_INPUT')
                then stages.started_at + to_milliseconds(stages.duration_milliseconds)
            end as finished_at,
            stages.source,
            stages.page_id,
            stages.ordinal,
            stages.read_at
        from stages
        left join
            builds
            on stages.source = builds.source
            and stages.job = builds.job
            and stages.build_number = builds.build_number
    )
select *
from jobs
