{# One row per job, from all events about it, whatever order they came in. #}
with
    events as (
        select
            *,
            case
                when event_type = 'taskrun.started' or word = 'running'
                then 'in_progress'
                when
                    event_type = 'taskrun.finished'
                    or word in ('success', 'failed', 'canceled', 'skipped', 'completed')
                then 'completed'
                else word
            end as phase,
            (coalesce(attempt, 1), occurred_at, read_at, page_id, ordinal) as newest
        from {{ ref("int_pushed_events") }}
        where tells = 'pipeline_job'
    )
select
    key_source || ':' || subject_id as pipeline_job_id,
    key_source || ':' || arg_max(pipeline_run, newest) as pipeline_run_id,
    arg_max(repository, newest) as repository,
    arg_max(title, newest) as name,
    arg_max(phase, newest) as status,
    arg_max_null(
        case
            when phase = 'completed'
            then {{ conclusion_of("coalesce(conclusion, word)") }}
        end,
        newest
    ) as conclusion,
    arg_max(source_url, newest) as source_url,
    max(attempt) as attempt,
    coalesce(
        arg_max(started_at, newest),
        min(case when event_type = 'taskrun.started' then occurred_at end)
    ) as started_at,
    arg_max_null(
        case when phase = 'completed' then coalesce(finished_at, occurred_at) end,
        newest
    ) as finished_at,
    source,
    arg_max(page_id, newest) as page_id,
    arg_max(ordinal, newest) as ordinal,
    arg_max(read_at, newest) as read_at
from events
group by source, key_source, subject_id
