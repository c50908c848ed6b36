select
    tasks.source || ':' || tasks.sys_id as change_task_id,
    tasks.number,
    tasks.source || ':' || tasks.change_request_sys_id as change_request_id,
    tasks.title,
    tasks.type,
    case when deletions.sys_id is null then tasks.state else 'deleted' end as state,
    tasks.close_code,
    tasks.assignee_id,
    tasks.planned_start_at,
    tasks.planned_end_at,
    tasks.started_at,
    tasks.ended_at,
    tasks.closed_at,
    tasks.created_at,
    tasks.source_updated_at,
    tasks.source,
    tasks.page_id,
    tasks.ordinal,
    tasks.read_at
from {{ newest("stg_servicenow__change_tasks", "source, sys_id") }} as tasks
left join
    {{ newest("stg_servicenow__deletions", "source, sys_id") }} as deletions
    on tasks.source = deletions.source
    and tasks.sys_id = deletions.record_sys_id
    and tasks.read_at < deletions.read_at
