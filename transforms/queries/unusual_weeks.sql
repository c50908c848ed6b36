-- title: Weeks outside their own range
-- question: Which weeks were unusual for the organisation or a team, by its own past?
-- asked by: improvement team
-- topic: Trust in the numbers
select
    metric,
    scope,
    scope_id,
    period_start_date,
    value,
    centre,
    lower,
    upper,
    is_beyond_limit,
    is_run_of_8
from control_limits
where grain = 'week' and is_firm and (is_beyond_limit or is_run_of_8)
order by period_start_date desc, metric, scope, scope_id
limit 500
