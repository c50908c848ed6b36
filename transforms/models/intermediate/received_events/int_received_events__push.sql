select
    event_key,
    delivery_id,
    vendor,
    event_type,
    event_version,
    subject_id as subject,
    service_name,
    environment_name,
    case when tells is null then 'kept' else 'mapped' end as outcome,
    occurred_at,
    read_at as received_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("int_pushed_events") }}
