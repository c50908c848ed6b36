{#
  Waits for a lock by month. What was not given back is counted as held until as-of; a lock is leaked
  when it is held longer than an hour and than three times its own 95th percentile.
#}
with
    events as (
        select
            *,
            coalesce(acquired_at, queued_at) as began_at,
            case
                when acquired_at is not null and queued_at is not null
                then {{ seconds_between("queued_at", "acquired_at") }}
            end as wait_seconds,
            case
                when acquired_at is not null
                then
                    {{
                        seconds_between(
                            "acquired_at", "coalesce(released_at, " ~ as_of() ~ ")"
                        )
                    }}
            end as held_seconds
        from {{ ref("lock_events") }}
        where coalesce(acquired_at, queued_at) <= {{ as_of() }}
    ),
    usual as (
        select
            resource,
            quantile_cont(held_seconds, 0.95) filter (
                where released_at is not null
            ) as p95_held_seconds
        from events
        group by resource
    ),
    judged as (
        select
            events.*,
            events.held_seconds > greatest(
                {{ threshold("lock_hold_minutes_max") }} * 60,
                3 * coalesce(usual.p95_held_seconds, 0)
            ) as is_leaked
        from events
        inner join usual on events.resource = usual.resource
    )
select
    resource,
    cast(date_trunc('month', began_at) as date) as month_start_date,
    case when count(distinct service_id) = 1 then min(service_id) end as service_id,
    case
        when count(distinct environment_name) = 1 then lower(min(environment_name))
    end as environment_id,
    count(*) as event_count,
    count(wait_seconds) as wait_count,
    count(*) filter (where outcome in ('superseded', 'cancelled')) as superseded_count,
    count(*) filter (where is_leaked) as leak_count,
    sum(wait_seconds) as wait_seconds,
    sum(held_seconds) as held_seconds,
    quantile_cont(wait_seconds, 0.95) as p95_wait_seconds,
    {# who waited no time and held it for none was in nobody's way #}
    case
        when sum(wait_seconds) = 0
        then 0
        else sum(wait_seconds) / nullif(sum(wait_seconds) + sum(held_seconds), 0)
    end as contention_ratio,
    list(lock_event_id order by lock_event_id) filter (
        where is_leaked
    ) as leaked_lock_event_ids
from judged
group by resource, cast(date_trunc('month', began_at) as date)
