{#
  Every version of a build whose builder is named as the source's deploy_job_pattern says. Without
  a property "environment" it went where that pattern means: to production.
#}
with
    builder_deployments as (
        select
            builds.source || ':' || builds.build_id as deployment_id,
            builds.repository,
            builds.service_name,
            lower(coalesce(builds.environment, 'production')) as environment_id,
            builds.commit_sha,
            builds.version,
            'deploy' as task,
            builds.branch as ref,
            builds.source || ':' || builds.build_id as pipeline_run_id,
            builds.actor_id,
            builds.source_url,
            case
                when not builds.is_complete
                then 'in_progress'
                when builds.results in (0, 1)
                then 'succeeded'
                when builds.results in (3, 6)
                then 'cancelled'
                when builds.results = 5
                then 'superseded'
                else 'failed'
            end as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            builds.started_at as created_at,
            builds.started_at,
            builds.finished_at,
            builds.source,
            builds.page_id,
            builds.ordinal,
            builds.read_at
        from {{ ref("stg_buildbot__builds") }} as builds
        inner join
            {{ ref("int_source_settings") }} as settings
            on builds.source = settings.source
        where
            builds.read_at <= {{ as_of() }}
            and regexp_matches(builds.builder_name, settings.deploy_job_pattern)
    )
select *
from builder_deployments
