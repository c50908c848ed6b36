{#
  Current deployment records with their service, and with what the jobs of their run say: a failed
  deploy job fails a deployment though its run is green, and a verification that failed after it
  speaks against it. A job that names services says nothing of the run's other services.
#}
with
    records as (select * from {{ ref("deployments") }} where is_current),
    single_services as (
        select repository, min(service_id) as service_id
        from {{ ref("service_repositories") }}
        group by repository
        having count(*) = 1
    ),
    mapped as (
        select
            records.*,
            case
                when records.service_name is not null
                then aliases.service_id
                else single_services.service_id
            end as service_id,
            coalesce(environments.tier, 'unknown') as environment_tier
        from records
        left join
            {{ ref("environments") }} as environments
            on records.environment_id = environments.environment_id
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(records.service_name) = aliases.alias
        left join single_services on records.repository = single_services.repository
    ),
    jobs as (
        select
            jobs.pipeline_run_id,
            jobs.name,
            jobs.conclusion,
            jobs.started_at,
            jobs.finished_at,
            regexp_split_to_array(lower(jobs.name), '[\s/,:()\[\]]+') as words,
            regexp_matches(jobs.name, settings.deploy_job_pattern) as is_deploy,
            {# run again, the newest attempt of a job is the one that tells #}
            regexp_matches(jobs.name, settings.verification_job_pattern)
            and row_number() over (
                partition by jobs.pipeline_run_id, jobs.name
                order by
                    jobs.attempt desc, jobs.finished_at desc, jobs.pipeline_job_id desc
            )
            = 1 as is_verification
        from {{ ref("pipeline_jobs") }} as jobs
        inner join
            {{ ref("int_source_settings") }} as settings
            on jobs.source = settings.source
        where
            regexp_matches(jobs.name, settings.deploy_job_pattern)
            or regexp_matches(jobs.name, settings.verification_job_pattern)
    ),
    runs as (
        select pipeline_run_id, count(distinct service_id) as service_count
        from mapped
        where environment_tier = 'production' and pipeline_run_id is not null
        group by pipeline_run_id
    ),
    concerned as (
        select
            mapped.deployment_id,
            mapped.finished_at as deployed_at,
            jobs.* exclude (words, pipeline_run_id),
            runs.service_count,
            coalesce(
                list_contains(jobs.words, lower(mapped.service_name))
                or list_contains(jobs.words, lower(mapped.service_id)),
                false
            ) as is_named
        from mapped
        inner join jobs on mapped.pipeline_run_id = jobs.pipeline_run_id
        inner join runs on mapped.pipeline_run_id = runs.pipeline_run_id
        where mapped.environment_tier = 'production'
    ),
    deploy_jobs as (
        select
            deployment_id,
            bool_or(conclusion = 'failure')
            and not bool_or(conclusion = 'success') as has_only_failed,
            min(case when conclusion = 'success' then finished_at end) as succeeded_at
        from
            (
                select
                    *, bool_or(is_named) over (partition by deployment_id) as has_named
                from concerned
                where is_deploy and conclusion in ('success', 'failure')
            )
        where is_named or not has_named
        group by deployment_id
    ),
    verifications as (
        select concerned.deployment_id, min(concerned.name) as failed_verification
        from concerned
        left join deploy_jobs on concerned.deployment_id = deploy_jobs.deployment_id
        where
            concerned.is_verification
            and not concerned.is_deploy
            and concerned.conclusion = 'failure'
            and (concerned.is_named or concerned.service_count = 1)
            and coalesce(concerned.started_at, concerned.finished_at)
            >= coalesce(deploy_jobs.succeeded_at, concerned.deployed_at)
        group by concerned.deployment_id
    )
select
    mapped.* replace (
        case
            when mapped.status = 'succeeded' and deploy_jobs.has_only_failed
            then 'failed'
            else mapped.status
        end as status
    ),
    coalesce(mapped.artifact_digest, mapped.commit_sha) as artifact,
    verifications.failed_verification
from mapped
left join deploy_jobs on mapped.deployment_id = deploy_jobs.deployment_id
left join verifications on mapped.deployment_id = verifications.deployment_id
