-- title: What a number leaves out, and why
-- question: Which rows does the lead time not count, by reason?
-- asked by: analysts
-- topic: Trust in the numbers
select
    coalesce(exclusion_reason, 'counted') as reason,
    count(*) as row_count,
    min(anchor_date) as first_date,
    max(anchor_date) as last_date
from lead_time_for_changes_observations
group by reason
order by row_count desc, reason
