with
    requests as (
        select *
        from {{ ref("stg_servicenow__change_requests") }}
        where read_at <= {{ as_of() }}
    ),
    change_requests as (
        select
            requests.source || ':' || requests.sys_id as change_request_id,
            items.service_id,
            items.name as service_name,
            requests.requester_id,
            requests.assignee_id,
            requests.number,
            requests.title,
            requests.type,
            requests.state,
            requests.risk,
            requests.approval,
            requests.correlation_id,
            requests.close_code,
            requests.review_status,
            requests.template_name,
            requests.reviewed_at,
            requests.planned_start_at,
            requests.planned_end_at,
            requests.work_started_at,
            requests.work_ended_at,
            requests.created_at,
            requests.source_updated_at,
            requests.source,
            requests.page_id,
            requests.ordinal,
            requests.read_at
        from requests
        left join
            {{ ref("configuration_items") }} as items
            on requests.source || ':' || requests.configuration_item_sys_id
            = items.configuration_item_id
    )
    {{
        with_deletions(
            "change_requests",
            "change_request_id",
            "change_request",
            "state",
            "deleted",
        )
    }}
