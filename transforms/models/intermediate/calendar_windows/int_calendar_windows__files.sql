select
    source || ':' || record_id as calendar_window_id,
    kind,
    title,
    lower(state) as state,
    service_name,
    case when contains(service_name, '*') then [service_name] end as service_patterns,
    environment_name,
    case
        when environment_name is not null then [environment_name]
    end as environment_patterns,
    case when team_name is not null then [team_name] end as team_patterns,
    case when tier is not null then [tier] end as tiers,
    vendor_name,
    repository,
    zone_name as timezone,
    recurrence,
    recurrence_end,
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
