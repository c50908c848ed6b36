{{ config(kind="github", stream="workflow_jobs", key=["repository", "job_id"]) }}

select
    repository,
    try_cast(id as bigint) as job_id,
    try_cast(run_id as bigint) as run_id,
    name,
    status,
    conclusion,
    html_url as source_url,
    try_cast(attempt as bigint) as attempt,
    {{ instant("started") }} as started_at,
    {{ instant("completed") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a job without id": "try_cast(id as bigint) is null",
                "a job without run": "try_cast(run_id as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "run_id": "$.run_id",
                "name": "$.name",
                "status": "$.status",
                "conclusion": "$.conclusion",
                "attempt": "$.run_attempt",
                "html_url": "$.html_url",
                "started": "$.started_at",
                "completed": "$.completed_at",
            },
            {"repository": "$.repository"},
        )
    }}
