{{
    config(
        kind="servicenow", stream="incident_audit_log", key=["number", "row_ordinal"]
    )
}}

select
    number,
    try_cast(row_ordinal as bigint) as row_ordinal,
    nullif(state, '?') as state,
    nullif(title, '?') as title,
    nullif(ci, '?') as configuration_item,
    nullif(
        coalesce(nullif(caused_by, '?'), nullif(rfc, '?')), '?'
    ) as change_request_number,
    try_cast(left(nullif(priority, '?'), 1) as bigint) as severity,
    coalesce(try_cast(reopen_count as bigint), 0) as reopen_count,
    try_strptime(nullif(opened, '?'), '%d/%m/%Y %H:%M') as opened_at,
    try_strptime(nullif(resolved, '?'), '%d/%m/%Y %H:%M') as resolved_at,
    try_strptime(nullif(closed, '?'), '%d/%m/%Y %H:%M') as closed_at,
    try_strptime(nullif(updated, '?'), '%d/%m/%Y %H:%M') as source_updated_at,
    {{ lineage("try_strptime(updated, '%d/%m/%Y %H:%M')") }},
    {{
        quarantine(
            {
                "an incident without number": "number is null",
                "an update without row number": "try_cast(row_ordinal as bigint) is null",
                "an update whose time does not read d/m/yyyy H:MM": "try_strptime(updated, '%d/%m/%Y %H:%M') is null",
                "an incident whose opening time does not read d/m/yyyy H:MM": "try_strptime(opened, '%d/%m/%Y %H:%M') is null",
            }
        )
    }}
from
    {{
        records(
            {
                "number": "$.number",
                "row_ordinal": "$.row_ordinal",
                "state": "$.incident_state",
                "title": "$.u_symptom",
                "ci": "$.cmdb_ci",
                "priority": "$.priority",
                "reopen_count": "$.reopen_count",
                "rfc": "$.rfc",
                "caused_by": "$.caused_by",
                "opened": "$.opened_at",
                "resolved": "$.resolved_at",
                "closed": "$.closed_at",
                "updated": "$.sys_updated_at",
            }
        )
    }}
