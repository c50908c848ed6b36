{# One row per change, from all events about it, whatever order they came in. #}
with
    events as (
        select *, (occurred_at, read_at, page_id, ordinal) as newest
        from {{ ref("int_pushed_events") }}
        where tells = 'change'
    )
select
    key_source || ':' || subject_id as change_id,
    arg_max(repository, newest) as repository,
    arg_max(title, newest) as title,
    case
        when bool_or(event_type in ('change.merged', 'change.abandoned'))
        then 'closed'
        else 'open'
    end as state,
    arg_max(source_url, newest) as source_url,
    cast([] as varchar[]) as labels,
    false as is_bot,
    false as is_draft,
    bool_or(event_type = 'change.merged') as is_merged,
    min(case when event_type = 'change.created' then occurred_at end) as created_at,
    max(case when event_type = 'change.merged' then occurred_at end) as merged_at,
    max(
        case
            when event_type in ('change.merged', 'change.abandoned') then occurred_at
        end
    ) as closed_at,
    max(occurred_at) as source_updated_at,
    source,
    arg_max(page_id, newest) as page_id,
    arg_max(ordinal, newest) as ordinal,
    arg_max(read_at, newest) as read_at
from events
group by source, key_source, subject_id
