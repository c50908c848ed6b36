select
    source || ':' || record_id as calendar_window_id,
    kind,
    title,
    lower(state) as state,
    service_name,
    environment_name,
    repository,
    zone_name as timezone,
    recurrence,
    duration_seconds,
    coalesce(allows_overrun, false) as allows_overrun,
    starts_at,
    ends_at,
    created_at,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_files__rows") }}
where entity = 'calendar_windows' and read_at <= {{ as_of() }}
