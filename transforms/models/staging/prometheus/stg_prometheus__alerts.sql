{{ config(kind="prometheus", stream="alerts", key=["fingerprint", "first_at"]) }}

select
    fingerprint,
    name,
    severity,
    labels,
    source_url,
    {{ instant("first") }} as first_at,
    {{ instant("last") }} as last_at,
    try_cast(step as bigint) as step_seconds,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a stretch of firing without fingerprint": "fingerprint is null",
                "a stretch of firing without first instant": "try_cast(first as timestamptz) is null",
                "a stretch of firing without last instant": "try_cast(last as timestamptz) is null",
                "a stretch of firing without step": "try_cast(step as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "fingerprint": "$.fingerprint",
                "name": "$.labels.alertname",
                "severity": "$.labels.severity",
                "labels": "$.labels",
                "source_url": "$.url",
                "first": "$.first_at",
                "last": "$.last_at",
                "step": "$.step_seconds",
            }
        )
    }}
