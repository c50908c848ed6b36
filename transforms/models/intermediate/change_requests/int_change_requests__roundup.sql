select
    source || ':' || item_id as change_request_id,
    requester_id,
    assignee_id,
    service_name,
    item_id as number,
    title,
    type,
    state,
    planned_start_at,
    planned_end_at,
    created_at,
    source_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_roundup__change_requests") }}
where read_at <= {{ as_of() }}
