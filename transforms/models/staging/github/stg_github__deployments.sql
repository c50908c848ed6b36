{{
    config(
        kind="github",
        stream="deployments",
        key=["repository", "source_deployment_id"],
    )
}}

select
    repository,
    try_cast(id as bigint) as source_deployment_id,
    environment,
    service as service_name,
    sha as commit_sha,
    ref,
    task,
    coalesce(version, ref) as version,
    artifact_digest,
    config_hash,
    change_request as change_request_number,
    strategy,
    run_id as pipeline_run_id,
    {{ pseudonym("login") }} as actor_id,
    url as source_url,
    coalesce(is_rollback = 'true' or task = 'deploy:rollback', false) as is_rollback,
    planned = 'true' as is_planned,
    lower(reason) as reason,
    coalesce(region, target, cluster, cell) as region,
    try_cast(target_count as bigint) as target_count,
    fixes_incident,
    coalesce(is_failure = 'true', false) as is_failure,
    coalesce(reached_production = 'true', false) as is_exposed,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deployment without id": "try_cast(id as bigint) is null",
                "a deployment without sha": "sha is null",
                "a deployment without repository": "repository is null",
                "a deployment without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "sha": "$.sha",
                "ref": "$.ref",
                "task": "$.task",
                "environment": "$.environment",
                "payload": "$.payload",
                "login": "$.creator.login",
                "url": "$.url",
                "created": "$.created_at",
                "updated": "$.updated_at",
                "version": "$.payload.version",
                "artifact_digest": "$.payload.artifact_digest",
                "change_request": "$.payload.change_request",
                "strategy": "$.payload.strategy",
                "is_rollback": "$.payload.is_rollback",
                "run_id": "$.payload.run_id",
                "config_hash": "$.payload.config_hash",
                "planned": "$.payload.planned",
                "reason": "$.payload.reason",
                "service": "$.payload.service",
                "region": "$.payload.region",
                "target": "$.payload.target",
                "cluster": "$.payload.cluster",
                "cell": "$.payload.cell",
                "target_count": "$.payload.target_count",
                "fixes_incident": "$.payload.fixes_incident",
                "is_failure": "$.payload.is_failure",
                "reached_production": "$.payload.reached_production",
            },
            {"repository": "$.repository"},
        )
    }}
