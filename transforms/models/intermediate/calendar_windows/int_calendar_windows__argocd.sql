{# Sync windows of projects, which have no id: one that changed is another one, and the old is removed. #}
with
    sync_windows as (
        select * from {{ listed_items("stg_argocd__projects", "name", "windows") }}
    ),
    calendar_windows as (
        select
            source || ':' || name || '/' || item.id as calendar_window_id,
            case when item.kind = 'deny' then 'freeze' else item.kind end as kind,
            coalesce(item.title, 'Sync window of project ' || name) as title,
            case when is_removed then 'removed' else 'active' end as state,
            case
                when
                    len(item.applications) = 1
                    and not contains(item.applications[1], '*')
                then item.applications[1]
            end as service_name,
            case
                when len(item.namespaces) = 1 and not contains(item.namespaces[1], '*')
                then item.namespaces[1]
            end as environment_name,
            case
                when len(item.applications) > 0 then item.applications
            end as service_patterns,
            case
                when len(item.namespaces) + len(item.clusters) > 0
                then list_concat(item.namespaces, item.clusters)
            end as environment_patterns,
            not coalesce(item.needs_all, false) as is_any_scope,
            coalesce(item.timezone, 'UTC') as timezone,
            item.schedule as recurrence,
            {{ go_duration_seconds("item.duration") }} as duration_seconds,
            coalesce(item.allows_overrun, false) as allows_overrun,
            source,
            page_id,
            ordinal,
            read_at
        from sync_windows
    )
select *
from calendar_windows
