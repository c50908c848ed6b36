with
    gaps as (
        select
            change_event_id,
            {{
                seconds_between(
                    "lag(exposed_at) over (partition by service_id order by exposed_at)",
                    "exposed_at",
                )
            }}
            / 3600 as gap_hours
        from {{ ref("change_events") }}
        where not is_running
    )
select
    change_event_id as deployment_id,
    case
        when gap_hours < 1
        then 'under 1 hour'
        when gap_hours < 24
        then '1 to 24 hours'
        when gap_hours < 7 * 24
        then '1 to 7 days'
        else '7 days or more'
    end as level,
    case
        when gap_hours < 1
        then 1
        when gap_hours < 24
        then 2
        when gap_hours < 7 * 24
        then 3
        else 4
    end as level_order
from gaps
where gap_hours is not null
