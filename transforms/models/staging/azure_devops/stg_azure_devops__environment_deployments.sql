{{
    config(
        kind="azure_devops",
        stream="environment_deployments",
        key=["environment_number", "record_id"],
    )
}}

select
    try_cast(environment as bigint) as environment_number,
    try_cast(id as bigint) as record_id,
    try_cast(build as bigint) as build_id,
    stage_name,
    job_name,
    result,
    {{ azure_instant("queued") }} as queued_at,
    {{ azure_instant("started") }} as started_at,
    {{ azure_instant("finished") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deployment without id": "try_cast(id as bigint) is null",
                "a deployment without environment": "try_cast(environment as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "build": "$.owner.id",
                "stage_name": "$.stageName",
                "job_name": "$.jobName",
                "result": "$.result",
                "queued": "$.queueTime",
                "started": "$.startTime",
                "finished": "$.finishTime",
            },
            {"environment": "$.environment_id"},
        )
    }}
