{# How fast, and whether in time, the actions of reviews are closed, by scope. #}
with
    counted as (
        select
            scope,
            scope_id,
            count(*) as action_count,
            count(case when is_open then 1 end) as open_count,
            count(case when is_overdue then 1 end) as overdue_count,
            count(is_closed_in_time) as judged_count,
            count(case when is_closed_in_time then 1 end) as closed_in_time_count
        from {{ ref("int_review_actions_scoped") }}
        group by scope, scope_id
    ),
    target as (select {{ threshold("review_action_closure_min") }} as closure_target)
select
    counted.scope,
    counted.scope_id,
    counted.action_count,
    counted.open_count,
    counted.overdue_count,
    counted.judged_count,
    counted.closed_in_time_count,
    counted.closed_in_time_count
    / nullif(counted.judged_count, 0) as closed_in_time_ratio,
    {{ wilson_low("counted.closed_in_time_count", "counted.judged_count") }}
    as closed_in_time_low,
    {{ wilson_high("counted.closed_in_time_count", "counted.judged_count") }}
    as closed_in_time_high,
    target.closure_target,
    closure.median_days,
    closure.median_low,
    closure.median_high,
    closure.open_share_30_days
from counted
cross join target
left join
    {{ ref("int_review_action_closure") }} as closure
    on counted.scope = closure.scope
    and counted.scope_id = closure.scope_id
