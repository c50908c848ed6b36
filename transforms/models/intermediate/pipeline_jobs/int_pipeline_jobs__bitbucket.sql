with
    steps as (
        select
            *,
            {{ is_unfinished("state") }} as is_unfinished,
            {{ conclusion("coalesce(result, state)") }} as conclusion
        from
            {{
                newest(
                    "stg_bitbucket__pipeline_steps",
                    "source, repository, pipeline_uuid, step_uuid",
                )
            }}
    ),
    jobs as (
        select
            source || ':' || step_uuid as pipeline_job_id,
            source || ':' || pipeline_uuid as pipeline_run_id,
            repository,
            name,
            case
                when state in ('PENDING', 'READY')
                then 'queued'
                when is_unfinished
                then 'in_progress'
                else 'completed'
            end as status,
            case when not is_unfinished then conclusion end as conclusion,
            run_number as attempt,
            started_at,
            case when not is_unfinished then completed_at end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from steps
    )
select *
from jobs
