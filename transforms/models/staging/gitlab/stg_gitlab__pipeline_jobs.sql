{{ config(kind="gitlab", stream="pipeline_jobs", key=["job_id"]) }}

select
    try_cast(id as bigint) as job_id,
    try_cast(pipeline_id as bigint) as pipeline_id,
    repository,
    name,
    lower(status) as status,
    try_cast(allow_failure as boolean) as is_soft_fail,
    web_url as source_url,
    {{ instant("started") }} as started_at,
    {{ instant("finished") }} as finished_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a job without id": "try_cast(id as bigint) is null",
                "a job without pipeline": "try_cast(pipeline_id as bigint) is null",
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
                "allow_failure": "$.allow_failure",
                "web_url": "$.web_url",
                "started": "$.started_at",
                "finished": "$.finished_at",
            },
            {"repository": "$.repository", "pipeline_id": "$.pipeline_id"},
        )
    }}
