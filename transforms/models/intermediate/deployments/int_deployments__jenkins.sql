{#
  A build of a job whose name says that it deploys is a deployment; else each of its stages whose
  name does is one. The environment is that of deployments whose source states none.
#}
with
    builds as (
        select
            builds.*,
            settings.git_environment_id as environment_id,
            settings.deploy_job_pattern,
            regexp_matches(builds.job, settings.deploy_job_pattern) as is_deploy,
            case
                when not builds.is_building then {{ conclusion("builds.result") }}
            end as conclusion
        from {{ ref("stg_jenkins__builds") }} as builds
        inner join
            {{ ref("int_source_settings") }} as settings
            on builds.source = settings.source
        where builds.read_at <= {{ as_of() }}
    ),
    newest_builds as (
        select *
        from builds
        qualify
            row_number() over (
                partition by source, job, build_number
                order by read_at desc, page_id desc, ordinal desc
            )
            = 1
    ),
    staged as (
        select
            builds.* exclude (
                conclusion, started_at, duration_milliseconds, page_id, ordinal, read_at
            ),
            stages.stage_id,
            {{ conclusion("stages.status") }} as conclusion,
            stages.started_at,
            stages.duration_milliseconds,
            stages.page_id,
            stages.ordinal,
            stages.read_at
        from {{ ref("stg_jenkins__stages") }} as stages
        inner join
            newest_builds as builds
            on stages.source = builds.source
            and stages.job = builds.job
            and stages.build_number = builds.build_number
        where
            stages.read_at <= {{ as_of() }}
            and not builds.is_deploy
            and regexp_matches(stages.name, builds.deploy_job_pattern)
    ),
    told as (
        select *
        from staged
        union all by name
        select *
        from builds
        where is_deploy
    ),
    deployments as (
        select
            source
            || ':'
            || job
            || '#'
            || build_number
            || coalesce('/' || stage_id, '') as deployment_id,
            repository,
            environment_id,
            commit_sha,
            'deploy' as task,
            branch as ref,
            source || ':' || job || '#' || build_number as pipeline_run_id,
            actor_id,
            source_url,
            {{ deployed_status("conclusion") }} as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            started_at as created_at,
            started_at,
            case
                when conclusion is not null
                then started_at + to_milliseconds(duration_milliseconds)
            end as finished_at,
            source,
            page_id,
            ordinal,
            read_at
        from told
        where conclusion is distinct from 'skipped'
    )
select *
from deployments
