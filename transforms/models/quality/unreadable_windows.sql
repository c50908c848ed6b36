select
    windows.calendar_window_id,
    windows.version_number,
    windows.kind,
    windows.title,
    occurrences.problem,
    windows.source,
    windows.page_id,
    windows.ordinal,
    windows.read_at
from {{ ref("int_window_occurrences") }} as occurrences
inner join
    {{ ref("int_window_versions") }} as windows
    on occurrences.calendar_window_id = windows.calendar_window_id
    and occurrences.version_number = windows.version_number
where occurrences.problem is not null
