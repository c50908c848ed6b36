select
    source || ':' || issue_id as change_request_id,
    requester_id,
    assignee_id,
    service_name,
    issue_id as number,
    title,
    type,
    state,
    planned_start_at,
    planned_end_at,
    closed_at as work_ended_at,
    created_at,
    source_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_redmine__change_requests") }}
where read_at <= {{ as_of() }}
