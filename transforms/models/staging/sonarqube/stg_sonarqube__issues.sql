{{ config(kind="sonarqube", stream="issues", key=["issue_key"]) }}

select
    key as issue_key,
    project as project_key,
    rule as rule_id,
    message as title,
    lower(coalesce(severity, impact)) as severity,
    component,
    try_cast(line as bigint) as line_number,
    {# of the newer words where a server has them #}
    lower(coalesce(issue_status, status)) as status,
    lower(resolution) as resolution,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ instant("closed") }} as closed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an issue without key": "key is null",
                "an issue without project": "project is null",
                "an issue without creation date": "try_cast(created as timestamptz) is null",
                "an issue whose line is no number": "line is not null and try_cast(line as bigint) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "key": "$.key",
                "project": "$.project",
                "rule": "$.rule",
                "message": "$.message",
                "severity": "$.severity",
                "impact": "$.impacts[0].severity",
                "component": "$.component",
                "line": "$.line",
                "issue_status": "$.issueStatus",
                "status": "$.status",
                "resolution": "$.resolution",
                "created": "$.creationDate",
                "updated": "$.updateDate",
                "closed": "$.closeDate",
            }
        )
    }}
