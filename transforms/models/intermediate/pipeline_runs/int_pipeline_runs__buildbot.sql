with
    builds as (select * from {{ newest("stg_buildbot__builds", "source, build_id") }}),
    pipeline_runs as (
        select
            source || ':' || build_id as pipeline_run_id,
            repository,
            commit_sha,
            builder_name as name,
            event,
            case when is_complete then 'completed' else 'in_progress' end as status,
            {{ buildbot_conclusion("results") }} as conclusion,
            branch,
            source_url,
            1::bigint as attempt_count,
            started_at as created_at,
            started_at,
            finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from builds
    )
select *
from pipeline_runs
