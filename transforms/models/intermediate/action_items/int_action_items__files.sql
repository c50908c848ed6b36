select
    source || ':' || record_id as action_item_id,
    source || ':' || review_key as review_record_id,
    kind,
    title,
    assignee_id as owner_id,
    priority,
    cause_code,
    created_at,
    due_at,
    closed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'action_items'
