{{ config(kind="buildbot", stream="build_steps", key=["step_id"]) }}

select
    try_cast(stepid as bigint) as step_id,
    try_cast(buildid as bigint) as build_id,
    name,
    complete = 'true' as is_complete,
    try_cast(results as bigint) as results,
    {{ epoch_instant("started") }} as started_at,
    {{ epoch_instant("completed") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a step without id": "try_cast(stepid as bigint) is null",
                "a step without build": "try_cast(buildid as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "stepid": "$.stepid",
                "buildid": "$.buildid",
                "name": "$.name",
                "complete": "$.complete",
                "results": "$.results",
                "started": "$.started_at",
                "completed": "$.complete_at",
            }
        )
    }}
