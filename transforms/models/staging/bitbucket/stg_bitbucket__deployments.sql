{{
    config(
        kind="bitbucket",
        stream="deployments",
        key=["repository", "deployment_uuid"],
    )
}}

select
    repository,
    uuid as deployment_uuid,
    environment_uuid,
    environment,
    step_uuid,
    pipeline_uuid,
    release as version,
    coalesce(state_url, release_url) as source_url,
    hash as commit_sha,
    state,
    result,
    {{ instant("created") }} as created_at,
    {{ instant("started") }} as started_at,
    {{ instant("completed") }} as completed_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deployment without uuid": "uuid is null",
                "a deployment without repository": "repository is null",
            }
        )
    }}
from
    {{
        records(
            {
                "uuid": "$.uuid",
                "environment_uuid": "$.environment.uuid",
                "environment": "$.environment.name",
                "step_uuid": "$.step.uuid",
                "pipeline_uuid": "$.release.pipeline.uuid",
                "release": "$.release.name",
                "state_url": "$.state.url",
                "release_url": "$.release.url",
                "hash": "$.release.commit.hash",
                "state": "$.state.name",
                "result": "$.state.status.name",
                "created": "$.release.created_on",
                "started": "$.state.started_on",
                "completed": "$.state.completed_on",
                "updated": "$.last_update_time",
            },
            {"repository": "$.repository"},
        )
    }}
