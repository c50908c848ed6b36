with
    steps as (
        select * from {{ newest("stg_buildbot__build_steps", "source, step_id") }}
    ),
    builds as (select * from {{ newest("stg_buildbot__builds", "source, build_id") }}),
    pipeline_jobs as (
        select
            steps.source || ':' || steps.step_id as pipeline_job_id,
            steps.source || ':' || steps.build_id as pipeline_run_id,
            builds.repository,
            steps.name,
            case
                when steps.is_complete then 'completed' else 'in_progress'
            end as status,
            {{ buildbot_conclusion("steps.results") }} as conclusion,
            builds.source_url,
            1::bigint as attempt,
            steps.started_at,
            steps.finished_at,
            steps.source,
            steps.page_id,
            steps.ordinal,
            steps.read_at
        from steps
        left join
            builds on steps.source = builds.source and steps.build_id = builds.build_id
    )
select *
from pipeline_jobs
