-- title: Sources by their age
-- question: Which source is late, and what did its last reading say?
-- asked by: operators
-- topic: Trust in the numbers
select
    source,
    stream,
    last_success_at,
    lag_seconds / 3600 as lag_hours,
    expected_lag_seconds / 3600 as expected_lag_hours,
    is_late,
    read_count,
    quarantined_count,
    last_status,
    last_error
from source_health
order by is_late desc, lag_hours desc nulls first, source, stream
