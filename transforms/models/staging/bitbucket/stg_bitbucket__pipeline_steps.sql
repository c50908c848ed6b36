{{
    config(
        kind="bitbucket",
        stream="pipeline_steps",
        key=["repository", "pipeline_uuid", "step_uuid"],
    )
}}

select
    repository,
    pipeline_uuid,
    uuid as step_uuid,
    name,
    state,
    result,
    try_cast(run_number as bigint) as run_number,
    {{ instant("started") }} as started_at,
    {{ instant("completed") }} as completed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a step without uuid": "uuid is null",
                "a step without pipeline": "pipeline_uuid is null",
            }
        )
    }}
from
    {{
        records(
            {
                "uuid": "$.uuid",
                "name": "$.name",
                "state": "$.state.name",
                "result": "$.state.result.name",
                "run_number": "$.run_number",
                "started": "$.started_on",
                "completed": "$.completed_on",
            },
            {"repository": "$.repository", "pipeline_uuid": "$.pipeline_uuid"},
        )
    }}
