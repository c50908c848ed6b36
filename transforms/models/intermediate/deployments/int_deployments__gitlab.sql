{# Every version of every deployment; one made by the interface has no job and ends when it changed last. #}
with
    project_deployments as (
        select
            source || ':' || source_deployment_id as deployment_id,
            repository,
            lower(environment) as environment_id,
            commit_sha,
            version,
            'deploy' as task,
            ref,
            source || ':' || pipeline_id as pipeline_run_id,
            actor_id,
            source_url,
            case
                status
                when 'success'
                then 'succeeded'
                when 'failed'
                then 'failed'
                when 'canceled'
                then 'cancelled'
                when 'skipped'
                then 'superseded'
                else 'in_progress'
            end as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            created_at,
            coalesce(job_started_at, created_at) as started_at,
            case
                when status in ('success', 'failed', 'canceled', 'skipped')
                then coalesce(job_finished_at, source_updated_at)
            end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from {{ ref("stg_gitlab__deployments") }}
        where read_at <= {{ as_of() }}
    )
select *
from project_deployments
