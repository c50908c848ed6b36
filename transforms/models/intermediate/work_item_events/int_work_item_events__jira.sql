select
    source || ':' || change_id || ':' || field || ':' || item as work_item_event_id,
    source || ':' || issue_id as work_item_id,
    field,
    old_value,
    new_value,
    actor_id,
    changed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_jira__changelogs", "source, change_id, field, item") }}
