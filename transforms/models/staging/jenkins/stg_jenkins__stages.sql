{{
    config(
        kind="jenkins",
        stream="stages",
        key=["job", "build_number", "stage_id"],
    )
}}

select
    job,
    try_cast(number as bigint) as build_number,
    id as stage_id,
    name,
    nullif(status, '') as status,
    {{ millisecond_instant("started") }} as started_at,
    try_cast(duration as bigint) as duration_milliseconds,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a stage without id": "id is null",
                "a stage without build": "job is null or try_cast(number as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "status": "$.status",
                "started": "$.startTimeMillis",
                "duration": "$.durationMillis",
            },
            {"job": "$.job", "number": "$.number"},
        )
    }}
