{{
    config(
        kind="junit",
        stream="test_results",
        key=["report_file", "suite", "class_name", "test_name", "attempt"],
    )
}}

select
    report_file,
    coalesce(suite, '') as suite,
    coalesce(classname, '') as class_name,
    coalesce(name, '') as test_name,
    try_cast(coalesce(attempt, '1') as bigint) as attempt,
    status,
    left(message, 500) as message,
    commit_sha,
    service as service_name,
    run_id as pipeline_run_id,
    try_cast(time as double) as duration_seconds,
    {{ instant("started") }} as started_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a test result without file": "report_file is null",
                "a test result without status": "status is null",
            }
        )
    }}
from
    {{
        records(
            {
                "report_file": "$.report_file",
                "suite": "$.suite",
                "classname": "$.classname",
                "name": "$.name",
                "status": "$.status",
                "time": "$.time_seconds",
                "message": "$.message",
                "started": "$.started_at",
                "attempt": "$.attempt",
                "commit_sha": "$.properties.commit_sha",
                "service": "$.properties.service",
                "run_id": "$.properties.pipeline_run_id",
            }
        )
    }}
