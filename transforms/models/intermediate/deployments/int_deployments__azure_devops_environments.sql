{# What was deployed to an environment of Azure DevOps, with the commit of its build. #}
with
    environments as (
        select *
        from
            {{ newest("stg_azure_devops__environments", "source, environment_number") }}
    ),
    builds as (select * from {{ ref("int_azure_builds") }} where is_current),
    records as (
        select *, {{ conclusion("result") }} as conclusion
        from {{ ref("stg_azure_devops__environment_deployments") }}
        where read_at <= {{ as_of() }}
    ),
    deployments as (
        select
            records.source
            || ':environment/'
            || records.environment_number
            || '/'
            || records.record_id as deployment_id,
            builds.repository,
            lower(environments.name) as environment_id,
            builds.commit_sha,
            builds.build_number as version,
            'deploy' as task,
            builds.branch as ref,
            records.source || ':' || records.build_id as pipeline_run_id,
            builds.actor_id,
            builds.source_url,
            {{ deployed_status("records.conclusion") }} as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            records.queued_at as created_at,
            coalesce(records.started_at, records.queued_at) as started_at,
            records.finished_at,
            records.source,
            records.page_id,
            records.ordinal,
            records.read_at
        from records
        left join
            environments
            on records.source = environments.source
            and records.environment_number = environments.environment_number
        left join
            builds
            on records.source = builds.source
            and records.build_id = builds.build_id
        where records.conclusion is distinct from 'skipped'
    )
select *
from deployments
