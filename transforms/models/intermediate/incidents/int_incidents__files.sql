select
    source || ':' || record_id as incident_id,
    record_id as number,
    service_name,
    source || ':' || parent_id as parent_incident_id,
    change_request_number as caused_by_change_request_number,
    title,
    status,
    source_url,
    severity,
    0 as reopen_count,
    started_at as stated_impact_started_at,
    coalesce(detected_at, created_at) as detected_at,
    created_at,
    acknowledged_at,
    case when status in ('resolved', 'closed') then resolved_at end as resolved_at,
    resolved_at as last_resolved_at,
    closed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_files__rows") }}
where entity = 'incidents' and read_at <= {{ as_of() }}
