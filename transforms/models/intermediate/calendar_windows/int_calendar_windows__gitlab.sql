{# Deploy freezes: two cron expressions in a zone. A freeze that its project's list lost is removed. #}
with
    freezes as (
        select *
        from
            {{
                listed_items(
                    "stg_gitlab__freeze_periods", "project_id, page_number", "windows"
                )
            }}
    ),
    calendar_windows as (
        select
            source || ':' || item.id as calendar_window_id,
            'freeze' as kind,
            'Deploy freeze' as title,
            case when is_removed then 'removed' else 'active' end as state,
            repository,
            coalesce(nullif(item.cron_timezone, ''), 'UTC') as timezone,
            item.freeze_start as recurrence,
            item.freeze_end as recurrence_end,
            {{ cron_span_seconds("item.freeze_start", "item.freeze_end") }}
            as duration_seconds,
            {{ instant("item.created_at") }} as created_at,
            source,
            page_id,
            ordinal,
            read_at
        from freezes
    )
select *
from calendar_windows
