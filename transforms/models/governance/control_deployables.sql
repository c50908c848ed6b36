{# What may be deployed: every artifact of a service by what names it, with the commit it was made from. #}
with
    stated as (
        select
            facts.service_id,
            deployments.artifact_digest,
            deployments.commit_sha,
            deployments.version,
            deployments.repository,
            coalesce(
                deployments.started_at, deployments.finished_at, deployments.created_at
            ) as known_at
        from {{ ref("deployments") }} as deployments
        inner join
            {{ ref("fct_deployments") }} as facts
            on deployments.deployment_id = facts.deployment_id
        where deployments.is_current
        union all
        select
            service_id,
            artifact_digest,
            commit_sha,
            version,
            repository,
            coalesce(pushed_at, read_at)
        from {{ ref("artifacts") }}
    ),
    named as (
        select
            service_id,
            artifact_digest as artifact_key,
            commit_sha,
            version,
            repository,
            known_at
        from stated
        where artifact_digest is not null
        union all
        select service_id, commit_sha, commit_sha, version, repository, known_at
        from stated
        where commit_sha is not null
    )
select
    service_id,
    artifact_key,
    arg_max(commit_sha, known_at) as commit_sha,
    arg_max(version, known_at) as version,
    arg_max(repository, known_at) as repository,
    min(known_at) as known_at
from named
where service_id is not null
group by service_id, artifact_key
