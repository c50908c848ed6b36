with
    pipelines as (
        select
            *,
            {{ is_unfinished("state") }} as is_unfinished,
            {{ conclusion("coalesce(result, state)") }} as conclusion
        from
            {{
                newest(
                    "stg_bitbucket__pipelines", "source, repository, pipeline_uuid"
                )
            }}
    ),
    runs as (
        select
            source || ':' || pipeline_uuid as pipeline_run_id,
            repository,
            commit_sha,
            coalesce('#' || build_number, pipeline_uuid) as name,
            event,
            case
                when state in ('PENDING', 'READY')
                then 'queued'
                when
                    state in ('HALTED', 'PAUSED')
                    or (is_unfinished and stage in ('HALTED', 'PAUSED'))
                then 'waiting'
                when is_unfinished
                then 'in_progress'
                else 'completed'
            end as status,
            case when not is_unfinished then conclusion end as conclusion,
            branch,
            'https://bitbucket.org/'
            || repository
            || '/pipelines/results/'
            || build_number as source_url,
            1 as attempt_count,
            created_at,
            created_at as started_at,
            case when not is_unfinished then completed_at end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from pipelines
    )
select *
from runs
