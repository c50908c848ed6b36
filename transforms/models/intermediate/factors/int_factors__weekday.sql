with
    days as (
        select
            deployment_id,
            isodow({{ wall_clock("started_at", report_timezone()) }}) as weekday
        from {{ ref("fct_deployments") }}
    )
select
    deployment_id,
    case
        when weekday <= 4
        then 'Monday to Thursday'
        when weekday = 5
        then 'Friday'
        else 'Saturday or Sunday'
    end as level,
    case when weekday <= 4 then 1 when weekday = 5 then 2 else 3 end as level_order
from days
