{{
    config(
        kind="azure_devops",
        stream="release_deployments",
        key=["deployment_number"],
    )
}}

select
    try_cast(id as bigint) as deployment_number,
    project,
    definition,
    release_name as version,
    environment,
    deployment_status,
    operation_status,
    url as source_url,
    coalesce(
        json_extract_string(
            try_cast(artifacts as json), '$[*].definitionReference.sourceVersion.id'
        )[1],
        case
            when
                json_extract_string(try_cast(artifacts as json), '$[0].type')
                in ('Git', 'GitHub')
            then
                json_extract_string(
                    try_cast(artifacts as json), '$[0].definitionReference.version.id'
                )
        end
    ) as commit_sha,
    {{
        branch_of(
            "json_extract_string(try_cast(artifacts as json), '$[*].definitionReference.branch.name')[1]"
        )
    }}
    as ref,
    json_extract_string(
        try_cast(artifacts as json), '$[*].definitionReference.repository.name'
    )[1] as repository_name,
    {{ pseudonym("coalesce(requested_for, requested_for_id)") }} as actor_id,
    {{ azure_instant("queued") }} as queued_at,
    {{ azure_instant("started") }} as started_at,
    {{ azure_instant("completed") }} as completed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deployment without id": "try_cast(id as bigint) is null",
                "a deployment without environment": "environment is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "definition": "$.releaseDefinition.name",
                "release_name": "$.release.name",
                "environment": "$.releaseEnvironment.name",
                "deployment_status": "$.deploymentStatus",
                "operation_status": "$.operationStatus",
                "url": "$.release._links.web.href",
                "artifacts": "$.release.artifacts",
                "requested_for": "$.requestedFor.uniqueName",
                "requested_for_id": "$.requestedFor.id",
                "queued": "$.queuedOn",
                "started": "$.startedOn",
                "completed": "$.completedOn",
            },
            {"project": "$.project"},
        )
    }}
