select
    source || ':' || record_id as audit_event_id,
    type as event_type,
    occurred_at,
    place,
    origin,
    outcome,
    person_id as actor_id,
    object_name,
    environment_name,
    service_name,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'audit_events'
