{# A deployment of a classic release that began; one that waits, or was refused before, is none. #}
with
    records as (
        select
            *,
            case
                when repository_name like '%/%'
                then repository_name
                else project || '/' || repository_name
            end as repository
        from {{ ref("stg_azure_devops__release_deployments") }}
        where read_at <= {{ as_of() }}
    ),
    deployments as (
        select
            source || ':release/' || deployment_number as deployment_id,
            repository,
            case when repository is null then definition end as service_name,
            lower(environment) as environment_id,
            commit_sha,
            version,
            'deploy' as task,
            ref,
            actor_id,
            source_url,
            case
                when deployment_status = 'succeeded'
                then 'succeeded'
                when deployment_status = 'partiallySucceeded'
                then 'partial'
                when deployment_status = 'failed'
                then 'failed'
                when deployment_status = 'inProgress'
                then 'in_progress'
                else 'cancelled'
            end as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            queued_at as created_at,
            coalesce(started_at, queued_at) as started_at,
            case
                when deployment_status <> 'inProgress' then completed_at
            end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from records
        where
            deployment_status
            in ('succeeded', 'partiallySucceeded', 'failed', 'inProgress')
            or (
                operation_status in ('canceled', 'phaseCanceled')
                and started_at is not null
            )
    )
select *
from deployments
