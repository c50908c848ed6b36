{{ config(kind="junit", stream="test_suites", key=["report_file", "suite"]) }}

select
    report_file,
    suite,
    commit_sha,
    service as service_name,
    run_id as pipeline_run_id,
    try_cast(test_count as bigint) as test_count,
    {{ instant("started") }} as started_at,
    {{ lineage() }},
    {{ quarantine({"a report without file name": "report_file is null"}) }}
from
    {{
        records(
            {
                "report_file": "$.report_file",
                "suite": "$.suite",
                "test_count": "$.test_count",
                "started": "$.started_at",
                "commit_sha": "$.properties.commit_sha",
                "service": "$.properties.service",
                "run_id": "$.properties.pipeline_run_id",
            }
        )
    }}
