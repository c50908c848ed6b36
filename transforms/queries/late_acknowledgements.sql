-- title: Incidents that nobody took at once
-- question: Which severe incidents were acknowledged later than 15 minutes after
-- detection?
-- asked by: reliability engineers
-- topic: Incidents
select
    number,
    title,
    severity,
    detected_at,
    acknowledged_at,
    acknowledge_seconds / 60 as acknowledge_minutes,
    is_unacknowledged,
    source_url
from fct_incidents
where
    severity <= 2
    and exclusion_reason is null
    and (acknowledge_seconds > 900 or is_unacknowledged)
order by detected_at desc
