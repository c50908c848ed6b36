{{
    config(
        kind="azure_devops",
        stream="timeline_records",
        key=["build_id", "record_id"],
    )
}}

select
    try_cast(build_id as bigint) as build_id,
    id as record_id,
    parent_id,
    type as record_type,
    name,
    state,
    result,
    try_cast(attempt as bigint) as attempt,
    {{ azure_instant("started") }} as started_at,
    {{ azure_instant("finished") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a record without id": "id is null",
                "a record without build": "try_cast(build_id as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "parent_id": "$.parentId",
                "type": "$.type",
                "name": "$.name",
                "state": "$.state",
                "result": "$.result",
                "attempt": "$.attempt",
                "started": "$.startTime",
                "finished": "$.finishTime",
            },
            {"build_id": "$.build_id"},
        )
    }}
