{{
    config(
        kind="github", stream="dependabot_alerts", key=["repository", "alert_number"]
    )
}}

select
    repository,
    try_cast(number as bigint) as alert_number,
    lower(state) as state,
    advisory_id,
    cve_id,
    title,
    lower(coalesce(vulnerability_severity, advisory_severity)) as severity,
    try_cast(cvss as double) as cvss_score,
    try_cast(epss as double) as epss_ratio,
    coalesce(dismissed_comment, dismissed_reason) as justification,
    package_name,
    fixed_version,
    file_path,
    html_url as source_url,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ instant("fixed") }} as fixed_at,
    coalesce(
        {{ instant("dismissed") }}, {{ instant("auto_dismissed") }}
    ) as dismissed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an alert without number": "try_cast(number as bigint) is null",
                "an alert without repository": "repository is null",
                "an alert without state": "state is null",
            }
        )
    }}
from
    {{
        records(
            {
                "number": "$.number",
                "state": "$.state",
                "advisory_id": "$.security_advisory.ghsa_id",
                "cve_id": "$.security_advisory.cve_id",
                "title": "$.security_advisory.summary",
                "advisory_severity": "$.security_advisory.severity",
                "vulnerability_severity": "$.security_vulnerability.severity",
                "package_name": "$.dependency.package.name",
                "fixed_version": "$.security_vulnerability.first_patched_version.identifier",
                "file_path": "$.dependency.manifest_path",
                "html_url": "$.html_url",
                "created": "$.created_at",
                "updated": "$.updated_at",
                "fixed": "$.fixed_at",
                "dismissed": "$.dismissed_at",
                "auto_dismissed": "$.auto_dismissed_at",
                "dismissed_reason": "$.dismissed_reason",
                "dismissed_comment": "$.dismissed_comment",
                "cvss": "$.security_advisory.cvss.score",
                "epss": "$.security_advisory.epss.percentage",
            },
            {"repository": "$.repository"},
        )
    }}
