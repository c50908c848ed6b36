{# What sys_audit tells of incidents, changes, their tasks and problems, by the keys of those. #}
select
    source || ':' || sys_id as work_item_event_id,
    source || ':' || record_sys_id as work_item_id,
    field,
    old_value,
    new_value,
    actor_id,
    changed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_servicenow__field_changes", "source, sys_id") }}
