{#
  Where neither an environment nor the name of its pipeline tells of a build's deployments: each of
  its stages whose name says that it deploys, and each such job outside of these.
#}
with
    builds as (
        select *
        from {{ ref("int_azure_builds") }}
        where is_current and not is_deploy and not is_told_by_environments
    ),
    records as (
        select
            records.*,
            builds.repository,
            builds.environment_id,
            builds.commit_sha,
            builds.build_number,
            builds.branch,
            builds.actor_id,
            builds.source_url,
            regexp_matches(records.name, builds.deploy_job_pattern) as is_deploy,
            case
                when records.state = 'completed' then {{ conclusion("records.result") }}
            end as conclusion
        from {{ ref("stg_azure_devops__timeline_records") }} as records
        inner join
            builds
            on records.source = builds.source
            and records.build_id = builds.build_id
        where records.read_at <= {{ as_of() }}
    ),
    stages as (
        select distinct source, build_id, record_id
        from records
        where record_type = 'Stage' and is_deploy
    ),
    covered as (
        select distinct jobs.source, jobs.build_id, jobs.record_id
        from records as jobs
        left join
            records as phases
            on jobs.source = phases.source
            and jobs.build_id = phases.build_id
            and jobs.parent_id = phases.record_id
        inner join
            stages
            on jobs.source = stages.source
            and jobs.build_id = stages.build_id
            and stages.record_id in (jobs.parent_id, phases.parent_id)
        where jobs.record_type = 'Job'
    ),
    deployments as (
        select
            records.source
            || ':'
            || records.build_id
            || '/'
            || records.record_id as deployment_id,
            records.repository,
            records.environment_id,
            records.commit_sha,
            records.build_number as version,
            'deploy' as task,
            records.branch as ref,
            records.source || ':' || records.build_id as pipeline_run_id,
            records.actor_id,
            records.source_url,
            {{ deployed_status("records.conclusion") }} as status,
            false as is_rollback,
            false as is_failure,
            false as is_exposed,
            records.started_at as created_at,
            records.started_at,
            records.finished_at,
            records.source,
            records.page_id,
            records.ordinal,
            records.read_at
        from records
        left join
            covered
            on records.source = covered.source
            and records.build_id = covered.build_id
            and records.record_id = covered.record_id
        where
            covered.record_id is null
            and records.is_deploy
            and records.record_type in ('Stage', 'Job')
            and records.started_at is not null
            and records.conclusion is distinct from 'skipped'
    )
select *
from deployments
