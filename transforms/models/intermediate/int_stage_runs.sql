{#
  Every run of a stage of a pipeline that passed or failed, and what came of it at the same commit.
  A host that lists an attempt's unchanged jobs again is heard once: a copy keeps its start.
#}
with
    jobs as (
        select
            jobs.pipeline_job_id,
            jobs.pipeline_run_id,
            runs.repository,
            coalesce(runs.name, '') as workflow,
            coalesce(jobs.name, '') as stage,
            coalesce(runs.commit_sha, jobs.pipeline_run_id) as commit_key,
            jobs.attempt,
            jobs.conclusion <> 'success' as is_failed,
            jobs.started_at,
            jobs.finished_at
        from {{ ref("pipeline_jobs") }} as jobs
        inner join
            {{ ref("pipeline_runs") }} as runs
            on jobs.pipeline_run_id = runs.pipeline_run_id
        where
            jobs.conclusion in ('success', 'failure', 'timed_out')
            and jobs.finished_at >= jobs.started_at
            and jobs.finished_at <= {{ as_of() }}
            and runs.repository is not null
    ),
    originals as (
        select
            *,
            row_number() over (
                partition by pipeline_run_id, stage, started_at
                order by attempt, pipeline_job_id
            ) as copy_number
        from jobs
    ),
    stage_runs as (
        select
            * exclude (attempt, copy_number),
            {# GitLab numbers no attempts; the order of a run's jobs of one name does #}
            coalesce(
                attempt,
                row_number() over (
                    partition by pipeline_run_id, stage
                    order by started_at, pipeline_job_id
                )
            ) as attempt
        from originals
        where copy_number = 1
    ),
    followed as (
        select
            *,
            max(case when not is_failed then started_at end) over (
                partition by repository, workflow, stage, commit_key
            ) as last_passed_at,
            min(case when not is_failed then attempt end) over (
                partition by pipeline_run_id, stage
            ) as first_passed_attempt
        from stage_runs
    )
select
    pipeline_job_id,
    pipeline_run_id,
    repository,
    workflow,
    stage,
    attempt,
    is_failed,
    is_failed and coalesce(last_passed_at > started_at, false) as is_salvaged,
    attempt > 1 as is_rerun,
    coalesce(first_passed_attempt < attempt, false) as had_passed,
    {{ seconds_between("started_at", "finished_at") }} / 60 as duration_minutes,
    started_at
from followed
