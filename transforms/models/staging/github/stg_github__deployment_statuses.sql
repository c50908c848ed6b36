{{
    config(
        kind="github",
        stream="deployment_statuses",
        key=["repository", "source_deployment_id", "status_id"],
        known_values={
            "state": [
                "error",
                "failure",
                "inactive",
                "in_progress",
                "queued",
                "pending",
                "success",
            ]
        },
    )
}}

select
    repository,
    try_cast(deployment_id as bigint) as source_deployment_id,
    try_cast(id as bigint) as status_id,
    state,
    description,
    nullif(log_url, '') as log_url,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a status without id": "try_cast(id as bigint) is null",
                "a status without deployment": "try_cast(deployment_id as bigint) is null",
                "a status without time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "state": "$.state",
                "description": "$.description",
                "created": "$.created_at",
                "environment": "$.environment",
                "log_url": "$.log_url",
            },
            {"repository": "$.repository", "deployment_id": "$.deployment_id"},
        )
    }}
