with
    builds as (
        select * from {{ newest("stg_jenkins__builds", "source, job, build_number") }}
    ),
    runs as (
        select
            source || ':' || job || '#' || build_number as pipeline_run_id,
            repository,
            commit_sha,
            job as name,
            regexp_extract(cause, '[^.$]+$') as event,
            case
                when is_building or result is null then 'in_progress' else 'completed'
            end as status,
            case when not is_building then {{ conclusion("result") }} end as conclusion,
            branch,
            source_url,
            1 as attempt_count,
            started_at as created_at,
            started_at,
            case
                when not is_building and result is not null
                then started_at + to_milliseconds(duration_milliseconds)
            end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from builds
    )
select *
from runs
