select
    source || ':' || issue_id as change_request_id,
    service_name,
    reporter_id as requester_id,
    assignee_id,
    key as number,
    title,
    type,
    status as state,
    risk,
    resolution as close_code,
    planned_start_at,
    planned_end_at,
    work_started_at,
    work_ended_at,
    created_at,
    source_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_jira__issues") }}
where is_change and read_at <= {{ as_of() }}
