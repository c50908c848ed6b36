{#
  Roundup tells no history, so what happened is known by the reads: a change of status between two of
  them happened at the last activity that the second saw, or before.
#}
with
    items as (
        select
            *,
            status in ('resolved', 'closed') as is_solved,
            lag(status) over by_reading as status_before
        from {{ ref("stg_roundup__incidents") }}
        where read_at <= {{ as_of() }}
        window
            by_reading as (
                partition by source, item_id order by read_at, page_id, ordinal
            )
    ),
    told as (
        select
            *,
            min(
                case
                    when status_before = 'open' and status <> 'open'
                    then source_updated_at
                end
            ) over so_far as acknowledged_at,
            max(
                case
                    when
                        is_solved
                        and (
                            status_before is null
                            or status_before not in ('resolved', 'closed')
                        )
                    then source_updated_at
                end
            ) over so_far as last_resolved_at,
            max(
                case
                    when
                        status_before in ('resolved', 'closed')
                        and status in ('open', 'acknowledged')
                    then source_updated_at
                end
            ) over so_far as reopened_at,
            count(
                case
                    when
                        status_before in ('resolved', 'closed')
                        and status in ('open', 'acknowledged')
                    then 1
                end
            ) over so_far as reopen_count
        from items
        window
            so_far as (
                partition by source, item_id
                order by read_at, page_id, ordinal
                rows between unbounded preceding and current row
            )
    )
select
    source || ':' || item_id as incident_id,
    item_id as number,
    service_name,
    title,
    status,
    source_url,
    severity,
    reopen_count,
    created_at as detected_at,
    created_at,
    acknowledged_at,
    case when is_solved then last_resolved_at end as resolved_at,
    last_resolved_at,
    reopened_at,
    source_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from told
