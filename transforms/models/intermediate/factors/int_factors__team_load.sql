with
    loads as (
        select
            change_event_id,
            count(*) over (
                partition by team_id
                order by
                    started_at
                    range
                    between interval 24 hours preceding
                    and interval 1 microsecond preceding
            ) as earlier_count
        from {{ ref("change_events") }}
        where team_id is not null
    )
select
    change_event_id as deployment_id,
    case
        when earlier_count = 0
        then 'no other deployment'
        when earlier_count <= 2
        then '1 or 2 other deployments'
        when earlier_count <= 5
        then '3 to 5 other deployments'
        else '6 or more other deployments'
    end as level,
    case
        when earlier_count = 0
        then 1
        when earlier_count <= 2
        then 2
        when earlier_count <= 5
        then 3
        else 4
    end as level_order
from loads
