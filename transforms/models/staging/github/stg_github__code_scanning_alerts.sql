{{
    config(
        kind="github",
        stream="code_scanning_alerts",
        key=["repository", "alert_number"],
    )
}}

select
    repository,
    try_cast(number as bigint) as alert_number,
    lower(state) as state,
    tool,
    rule_id,
    coalesce(rule_description, rule_name, message) as title,
    lower(coalesce(security_severity, rule_severity)) as severity,
    file_path,
    try_cast(line as bigint) as line_number,
    commit_sha,
    html_url as source_url,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ instant("fixed") }} as fixed_at,
    {{ instant("dismissed") }} as dismissed_at,
    coalesce(dismissed_comment, dismissed_reason) as justification,
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
                "tool": "$.tool.name",
                "rule_id": "$.rule.id",
                "rule_name": "$.rule.name",
                "rule_description": "$.rule.description",
                "rule_severity": "$.rule.severity",
                "security_severity": "$.rule.security_severity_level",
                "message": "$.most_recent_instance.message.text",
                "file_path": "$.most_recent_instance.location.path",
                "line": "$.most_recent_instance.location.start_line",
                "commit_sha": "$.most_recent_instance.commit_sha",
                "html_url": "$.html_url",
                "created": "$.created_at",
                "updated": "$.updated_at",
                "fixed": "$.fixed_at",
                "dismissed": "$.dismissed_at",
                "dismissed_reason": "$.dismissed_reason",
                "dismissed_comment": "$.dismissed_comment",
            },
            {"repository": "$.repository"},
        )
    }}
