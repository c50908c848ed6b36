with
    named as (
        select
            source,
            problem_sys_id,
            list(source || ':' || sys_id order by sys_id) as incident_ids
        from {{ newest("stg_servicenow__incidents", "source, sys_id") }}
        where problem_sys_id is not null
        group by source, problem_sys_id
    )
select
    problems.source || ':' || problems.sys_id as problem_id,
    problems.number,
    items.service_id,
    items.name as service_name,
    problems.title,
    case when deletions.sys_id is null then problems.state else 'deleted' end as state,
    problems.severity,
    problems.is_known_error,
    list_sort(
        list_distinct(
            list_concat(
                coalesce(named.incident_ids, []),
                case
                    when problems.first_task_sys_id is null
                    then []
                    else [problems.source || ':' || problems.first_task_sys_id]
                end
            )
        )
    ) as incident_ids,
    problems.source || ':' || problems.change_request_sys_id as change_request_id,
    problems.assignee_id,
    problems.created_at,
    problems.resolved_at,
    problems.closed_at,
    problems.source_updated_at,
    problems.source,
    problems.page_id,
    problems.ordinal,
    problems.read_at
from {{ newest("stg_servicenow__problems", "source, sys_id") }} as problems
left join
    {{ ref("configuration_items") }} as items
    on problems.source || ':' || problems.configuration_item_sys_id
    = items.configuration_item_id
left join
    named on problems.source = named.source and problems.sys_id = named.problem_sys_id
left join
    {{ newest("stg_servicenow__deletions", "source, sys_id") }} as deletions
    on problems.source = deletions.source
    and problems.sys_id = deletions.record_sys_id
    and problems.read_at < deletions.read_at
