select
    source,
    'alerts' as stream,
    fingerprint,
    name,
    severity,
    labels,
    source_url,
    started_at,
    stated_ended_at,
    seen_at,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_alertmanager__alerts") }}
where read_at <= {{ as_of() }}
