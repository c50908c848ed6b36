{{ config(kind="servicenow", stream="change_task", key=["sys_id"]) }}

select
    sys_id,
    number,
    title,
    nullif(request, '') as change_request_sys_id,
    nullif(type, '') as type,
    nullif(state, '') as state,
    nullif(close_code, '') as close_code,
    {{ pseudonym("assigned_to") }} as assignee_id,
    {{ instant("planned_start") }} as planned_start_at,
    {{ instant("planned_end") }} as planned_end_at,
    {{ instant("work_start") }} as started_at,
    {{ instant("work_end") }} as ended_at,
    {{ instant("closed") }} as closed_at,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a task without sys_id": "nullif(sys_id, '') is null",
                "a task without number": "nullif(number, '') is null",
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
                "request": "$.change_request.value",
                "type": "$.change_task_type",
                "state": "$.state",
                "close_code": "$.close_code",
                "assigned_to": "$.assigned_to.value",
                "planned_start": "$.planned_start_date",
                "planned_end": "$.planned_end_date",
                "work_start": "$.work_start",
                "work_end": "$.work_end",
                "closed": "$.closed_at",
                "created": "$.sys_created_on",
                "updated": "$.sys_updated_on",
            }
        )
    }}
