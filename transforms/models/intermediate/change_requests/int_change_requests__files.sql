select
    source || ':' || record_id as change_request_id,
    service_name,
    requester_id,
    assignee_id,
    record_id as number,
    title,
    lower(type) as type,
    lower(state) as state,
    lower(risk) as risk,
    lower(approval) as approval,
    lower(close_code) as close_code,
    planned_start_at,
    planned_end_at,
    work_started_at,
    work_ended_at,
    created_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_files__rows") }}
where entity = 'change_requests' and read_at <= {{ as_of() }}
