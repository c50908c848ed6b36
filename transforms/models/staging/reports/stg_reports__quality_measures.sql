{{
    config(
        kind="reports",
        stream="quality_measures",
        key=["document_file", "document_digest", "metric"],
    )
}}

select
    document_file,
    document_digest,
    tool,
    metric,
    try_cast(measured as double) as value,
    unit,
    verdict,
    threshold,
    service_name,
    repository,
    branch,
    commit_sha,
    {{ instant("created") }} as stated_created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a measure without metric": "metric is null",
                "a measure without document": "document_digest is null",
                "a measure whose value is no number": "measured is not null and try_cast(measured as double) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "document_file": "$.document_file",
                "document_digest": "$.document_digest",
                "tool": "$.tool",
                "metric": "$.metric",
                "unit": "$.unit",
                "verdict": "$.verdict",
                "threshold": "$.threshold",
                "branch": "$.branch",
                "service_name": "$.service_name",
                "repository": "$.repository",
                "commit_sha": "$.commit_sha",
                "measured": "$.value",
                "created": "$.created_at",
            }
        )
    }}
