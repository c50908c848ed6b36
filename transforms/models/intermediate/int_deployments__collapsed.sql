{#
  One row per service, environment, pipeline run and artifact (transforms/metrics.md, section 1):
  attempts of one run are one deployment, and one that succeeded is not undone by a later attempt;
  a rollback within the run is a deployment of its own. Status is that of the deploy job where the
  run's jobs are known.
#}
with
    current_deployments as (select * from {{ ref("deployments") }} where is_current),
    single_services as (
        select repository, min(service_id) as service_id
        from {{ ref("service_repositories") }}
        group by repository
        having count(*) = 1
    ),
    job_failures as (
        select pipeline_run_id, count(*) as failed_job_count
        from {{ ref("pipeline_jobs") }}
        where conclusion = 'failure' and name ilike '%deploy%prod%'
        group by pipeline_run_id
    ),
    mapped as (
        select
            deployments.*,
            case
                when deployments.service_name is not null
                then aliases.service_id
                else single_services.service_id
            end as service_id,
            environments.tier as environment_tier,
            case
                when
                    deployments.status = 'succeeded'
                    and environments.tier = 'production'
                    and job_failures.failed_job_count > 0
                    and jobs_after.pipeline_run_id is null
                then 'failed'
                else deployments.status
            end as true_status
        from current_deployments as deployments
        left join
            {{ ref("environments") }} as environments
            on deployments.environment_id = environments.environment_id
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(deployments.service_name) = aliases.alias
        left join single_services on deployments.repository = single_services.repository
        left join
            job_failures on deployments.pipeline_run_id = job_failures.pipeline_run_id
        left join
            (
                select distinct pipeline_run_id
                from {{ ref("pipeline_jobs") }}
                where conclusion = 'success' and name ilike '%deploy%prod%'
            ) as jobs_after
            on deployments.pipeline_run_id = jobs_after.pipeline_run_id
    ),
    keyed as (
        select
            *,
            coalesce(service_id, '?' || repository)
            || '|'
            || environment_id
            || '|'
            || coalesce(pipeline_run_id, deployment_id)
            || '|'
            || coalesce(artifact_digest, commit_sha)
            || case when is_rollback then '|rollback' else '' end as collapse_key
        from mapped
    ),
    numbered as (
        select
            *,
            row_number() over (
                partition by collapse_key
                order by
                    true_status in ('succeeded', 'partial') desc,
                    coalesce(finished_at, started_at) desc,
                    deployment_id desc
            ) as newest_attempt
        from keyed
    ),
    attempts as (
        select
            collapse_key,
            count(*) as attempt_count,
            min(started_at) as first_started_at,
            list(deployment_id order by deployment_id) as attempt_ids
        from numbered
        group by collapse_key
    ),
    collapsed as (
        select
            numbered.deployment_id,
            numbered.service_id,
            numbered.repository,
            numbered.environment_id,
            coalesce(numbered.environment_tier, 'unknown') as environment_tier,
            numbered.commit_sha,
            numbered.version,
            coalesce(numbered.artifact_digest, numbered.commit_sha)
            || coalesce('|' || numbered.config_hash, '') as artifact_key,
            numbered.task,
            numbered.ref,
            numbered.strategy,
            numbered.change_request_number,
            numbered.pipeline_run_id,
            numbered.actor_id,
            numbered.source_url,
            numbered.true_status as status,
            numbered.is_rollback,
            numbered.is_planned,
            numbered.true_status in ('succeeded', 'partial') as reached_production,
            attempts.attempt_count,
            attempts.attempt_ids,
            attempts.first_started_at as started_at,
            case
                when numbered.true_status <> 'in_progress' then numbered.finished_at
            end as finished_at,
            numbered.source,
            numbered.page_id,
            numbered.ordinal,
            numbered.read_at,
            case
                when numbered.service_id is null
                then 'unmapped_service'
                when {{ is_impossible("numbered.finished_at", "numbered.read_at") }}
                then 'impossible_time'
                when numbered.finished_at < attempts.first_started_at
                then 'negative_duration'
            end as exclusion_reason
        from numbered
        inner join attempts on numbered.collapse_key = attempts.collapse_key
        where numbered.newest_attempt = 1
    )
select
    collapsed.*,
    ownership.team_id,
    {{ local_date("collapsed.finished_at") }} as finished_date
from collapsed
left join
    {{ ref("service_ownership") }} as ownership
    on {{ owned_on("collapsed.service_id", "collapsed.finished_at") }}
