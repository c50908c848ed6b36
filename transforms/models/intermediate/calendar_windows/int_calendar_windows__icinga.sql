select
    source || ':' || downtime_name as calendar_window_id,
    'downtime' as kind,
    title,
    state,
    service_name,
    duration_seconds,
    starts_at,
    ends_at,
    created_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_icinga__downtimes") }}
where read_at <= {{ as_of() }}
