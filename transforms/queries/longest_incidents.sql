-- title: The longest incidents of the last year
-- question: Which incidents hurt longest, and which parts of that time were active?
-- asked by: reliability engineers
-- topic: Incidents
select
    number,
    title,
    severity,
    impact_started_at,
    restored_at,
    is_open,
    restore_seconds / 3600 as restore_hours,
    active_seconds / 3600 as active_hours,
    acknowledge_seconds / 60 as acknowledge_minutes,
    reopen_count,
    source_url
from fct_incidents
where
    exclusion_reason is null
    and restore_seconds is not null
    and impact_started_at > (select as_of - interval 365 day from build_information)
order by restore_seconds desc
limit 50
