{{
    config(
        kind="servicenow",
        stream="incident",
        key=["sys_id"],
        known_values={
            "state": [
                "1",
                "2",
                "3",
                "6",
                "7",
                "8",
                "New",
                "In Progress",
                "On Hold",
                "Resolved",
                "Closed",
                "Canceled",
                "Active",
            ]
        },
    )
}}

select
    sys_id,
    number,
    title,
    nullif(state, '') as state,
    nullif(ci, '') as configuration_item_sys_id,
    nullif(caused_by, '') as caused_by_change_request_sys_id,
    nullif(correlation_id, '') as correlation_id,
    nullif(parent, '') as parent_sys_id,
    nullif(problem, '') as problem_sys_id,
    nullif(close_code, '') as close_code,
    try_cast(
        left(coalesce(nullif(severity, ''), nullif(priority, '')), 1) as bigint
    ) as severity,
    coalesce(try_cast(reopen_count as bigint), 0) as reopen_count,
    {{ instant("opened") }} as opened_at,
    {{ instant("impact") }} as impact_started_at,
    {{ instant("work_start") }} as work_started_at,
    {{ instant("resolved") }} as resolved_at,
    {{ instant("reopened") }} as reopened_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an incident without sys_id": "nullif(sys_id, '') is null",
                "an incident without number": "nullif(number, '') is null",
                "an incident without opening time": "try_cast(opened as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "sys_id": "$.sys_id",
                "number": "$.number",
                "title": "$.short_description",
                "state": "$.state",
                "severity": "$.severity",
                "priority": "$.priority",
                "ci": "$.cmdb_ci.value",
                "caused_by": "$.caused_by.value",
                "correlation_id": "$.correlation_id",
                "parent": "$.parent_incident.value",
                "problem": "$.problem_id.value",
                "close_code": "$.close_code",
                "opened": "$.opened_at",
                "impact": "$.u_impact_started_at",
                "work_start": "$.work_start",
                "resolved": "$.resolved_at",
                "reopened": "$.reopened_time",
                "closed": "$.closed_at",
                "updated": "$.sys_updated_on",
                "reopen_count": "$.reopen_count",
                "sys_link": "$.sys_link",
            }
        )
    }}
