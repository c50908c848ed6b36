{{ config(kind="servicenow", stream="change_request", key=["sys_id"]) }}

select
    sys_id,
    number,
    title,
    nullif(type, '') as type,
    nullif(state, '') as state,
    nullif(risk, '') as risk,
    nullif(approval, '') as approval,
    nullif(ci, '') as configuration_item_sys_id,
    nullif(correlation_id, '') as correlation_id,
    nullif(close_code, '') as close_code,
    nullif(review_status, '') as review_status,
    coalesce(nullif(template_name, ''), nullif(template, '')) as template_name,
    {{ pseudonym("requested_by") }} as requester_id,
    {{ pseudonym("assigned_to") }} as assignee_id,
    {{ instant("start") }} as planned_start_at,
    {{ instant("finish") }} as planned_end_at,
    {{ instant("work_start") }} as work_started_at,
    {{ instant("work_end") }} as work_ended_at,
    {{ instant("reviewed") }} as reviewed_at,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a change request without sys_id": "nullif(sys_id, '') is null",
                "a change request without number": "nullif(number, '') is null",
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
                "type": "$.type",
                "state": "$.state",
                "risk": "$.risk",
                "approval": "$.approval",
                "ci": "$.cmdb_ci.value",
                "correlation_id": "$.correlation_id",
                "close_code": "$.close_code",
                "review_status": "$.review_status",
                "template": "$.std_change_producer_version.value",
                "template_name": "$.std_change_producer_version.display_value",
                "reviewed": "$.review_date",
                "requested_by": "$.requested_by.value",
                "assigned_to": "$.assigned_to.value",
                "start": "$.start_date",
                "finish": "$.end_date",
                "work_start": "$.work_start",
                "work_end": "$.work_end",
                "created": "$.sys_created_on",
                "updated": "$.sys_updated_on",
            }
        )
    }}
