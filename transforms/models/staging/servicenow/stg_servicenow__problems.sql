{{ config(kind="servicenow", stream="problem", key=["sys_id"]) }}

select
    sys_id,
    number,
    title,
    coalesce(nullif(problem_state, ''), nullif(state, '')) as state,
    try_cast(left(priority, 1) as bigint) as severity,
    known_error = 'true' as is_known_error,
    nullif(ci, '') as configuration_item_sys_id,
    nullif(first_task, '') as first_task_sys_id,
    nullif(request, '') as change_request_sys_id,
    {{ pseudonym("assigned_to") }} as assignee_id,
    {{ instant("created") }} as created_at,
    {{ instant("resolved") }} as resolved_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a problem without sys_id": "nullif(sys_id, '') is null",
                "a problem without number": "nullif(number, '') is null",
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
                "problem_state": "$.problem_state",
                "state": "$.state",
                "priority": "$.priority",
                "known_error": "$.known_error",
                "ci": "$.cmdb_ci.value",
                "first_task": "$.first_reported_by_task.value",
                "request": "$.rfc.value",
                "assigned_to": "$.assigned_to.value",
                "created": "$.sys_created_on",
                "resolved": "$.resolved_at",
                "closed": "$.closed_at",
                "updated": "$.sys_updated_on",
            }
        )
    }}
