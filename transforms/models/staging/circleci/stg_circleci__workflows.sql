{{ config(kind="circleci", stream="workflows", key=["workflow_id"]) }}

select
    id as workflow_id,
    pipeline_id,
    name,
    status,
    {{ pseudonym("started_by") }} as actor_id,
    {{ instant("created") }} as created_at,
    {{ instant("stopped") }} as stopped_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a workflow without id": "id is null",
                "a workflow without pipeline": "pipeline_id is null",
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
                "started_by": "$.started_by",
                "created": "$.created_at",
                "stopped": "$.stopped_at",
            },
            {"pipeline_id": "$.pipeline_id"},
        )
    }}
