{#
  Versions of windows that were in force, with the time for which each was what was known. The first
  version counts from the window's creation, and from the beginning where its source does not say:
  that nobody had read it yet does not mean that it was not there.
#}
with
    versions as (
        select
            *,
            case
                when version_number > 1
                then read_at
                when created_at <= read_at
                then created_at
                else timestamp '1990-01-01'
            end as known_from,
            coalesce(
                lead(read_at) over (
                    partition by calendar_window_id order by version_number
                ),
                deleted_seen_at
            ) as known_to
        from {{ ref("calendar_windows") }}
    )
select *
from versions
where
    coalesce(state, 'active') not in (
        'cancelled',
        'canceled',
        'disabled',
        'draft',
        'inactive',
        'rejected',
        'removed',
        'withdrawn'
    )
    and (known_to is null or known_from < known_to)
