select
    source || ':' || record_id as observed_item_id,
    name as item_name,
    class_name,
    environment_name,
    service_name,
    attributes,
    last_seen_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'observed_items'
