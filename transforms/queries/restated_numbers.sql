-- title: Numbers of the past that changed
-- question: Which published numbers changed afterwards, and why?
-- asked by: auditors
-- topic: Trust in the numbers
select
    metric,
    scope,
    scope_id,
    grain,
    period_start_date,
    old_value,
    new_value,
    old_n,
    new_n,
    unit,
    was_provisional,
    cause,
    detail,
    new_as_of
from restatements
order by new_build_id desc, metric, grain, scope, scope_id, period_start_date
