select
    source || ':' || ticket_id as change_request_id,
    requester_id,
    assignee_id,
    service_name,
    ticket_id as number,
    title,
    type,
    state,
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
from {{ ref("stg_request_tracker__change_requests") }}
where read_at <= {{ as_of() }}
