select
    source,
    fingerprint,
    name,
    severity,
    labels,
    started_at,
    coalesce(stated_ended_at, ended_before) as ended_at,
    stated_ended_at is null and ended_before is not null as ended_at_is_bound,
    last_seen_at,
    source_url,
    page_id,
    ordinal,
    read_at
from {{ ref("int_polled_alerts") }}
