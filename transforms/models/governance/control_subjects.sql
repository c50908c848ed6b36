{# Every deployment to production, with what a control asks of it; a gate puts one of its own in its place. #}
with
    stated as (
        select
            deployment_id,
            max(artifact_digest) as artifact_digest,
            max(pipeline_run_id) as pipeline_run_id
        from {{ ref("deployments") }}
        where is_current
        group by deployment_id
    )
select
    deployments.deployment_id as subject_id,
    deployments.service_id,
    deployments.team_id,
    services.tier,
    deployments.environment_id,
    deployments.environment_tier,
    stated.artifact_digest,
    deployments.commit_sha,
    deployments.repository,
    deployments.version,
    deployments.kind,
    deployments.actor_id,
    deployments.change_request_number,
    stated.pipeline_run_id,
    coalesce(deployments.started_at, deployments.finished_at) as started_at,
    deployments.finished_at,
    deployments.status,
    false as is_candidate
from {{ ref("fct_deployments") }} as deployments
left join stated on deployments.deployment_id = stated.deployment_id
left join
    {{ ref("services") }} as services on deployments.service_id = services.service_id
where
    deployments.environment_tier = 'production'
    and deployments.exclusion_reason is distinct from 'impossible_time'
    and coalesce(deployments.started_at, deployments.finished_at) is not null
