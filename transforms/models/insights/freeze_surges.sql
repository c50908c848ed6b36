select
    counts.calendar_window_id,
    windows.title,
    counts.surge_count,
    counts.surge_failed_count,
    counts.surge_failed_count
    / nullif(counts.surge_count, 0)::double as surge_failed_ratio,
    {{ wilson_low("counts.surge_failed_count", "counts.surge_count") }}
    as surge_failed_ratio_low,
    {{ wilson_high("counts.surge_failed_count", "counts.surge_count") }}
    as surge_failed_ratio_high,
    counts.baseline_count,
    counts.baseline_failed_count,
    counts.baseline_failed_count
    / nullif(counts.baseline_count, 0)::double as baseline_failed_ratio,
    tests.p_value,
    least(counts.surge_count, counts.baseline_count) < 10 as is_insufficient
from {{ ref("int_freeze_surge_counts") }} as counts
inner join
    {{ ref("calendar_windows") }} as windows
    on counts.calendar_window_id = windows.calendar_window_id
    and windows.is_current
left join
    {{ ref("int_freeze_surge_tests") }} as tests
    on counts.calendar_window_id = tests.calendar_window_id
