select
    source || ':' || record_id as lock_event_id,
    resource,
    environment_name,
    service_name,
    holder,
    queued_at,
    acquired_at,
    released_at,
    outcome,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'lock_events'
