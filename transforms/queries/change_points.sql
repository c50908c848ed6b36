-- title: When a number really changed
-- question: Which metrics moved to another level, when, and by how much?
-- asked by: improvement team
-- topic: Delivery
select
    metric,
    scope,
    scope_id,
    changed_date,
    earliest_date,
    latest_date,
    value_before,
    value_after,
    relative_change,
    n
from change_points
order by changed_date desc, metric, scope, scope_id
