with
    pipelines as (
        select * from {{ newest("stg_gitlab__pipelines", "source, pipeline_id") }}
    ),
    pipeline_runs as (
        select
            source || ':' || pipeline_id as pipeline_run_id,
            repository,
            commit_sha,
            name,
            event,
            {{ gitlab_run_status("status") }} as status,
            {{ gitlab_conclusion("status") }} as conclusion,
            ref as branch,
            source_url,
            created_at,
            case
                when {{ gitlab_conclusion("status") }} is not null
                then source_updated_at
            end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from pipelines
    )
select *
from pipeline_runs
