{{ config(kind="circleci", stream="jobs", key=["workflow_id", "job_id"]) }}

select
    workflow_id,
    id as job_id,
    try_cast(number as bigint) as job_number,
    name,
    type as job_type,
    status,
    project_slug,
    {{ instant("started") }} as started_at,
    {{ instant("stopped") }} as stopped_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a job without id": "id is null",
                "a job without workflow": "workflow_id is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "number": "$.job_number",
                "name": "$.name",
                "type": "$.type",
                "status": "$.status",
                "project_slug": "$.project_slug",
                "started": "$.started_at",
                "stopped": "$.stopped_at",
            },
            {"workflow_id": "$.workflow_id"},
        )
    }}
