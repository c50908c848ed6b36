select
    occurrences.calendar_window_id
    || '@'
    || occurrences.version_number
    || '@'
    || strftime(occurrences.starts_at, '%Y%m%dT%H%M%SZ') as window_occurrence_id,
    occurrences.calendar_window_id,
    occurrences.version_number,
    windows.kind,
    coalesce(kinds.effect, 'none') as effect,
    windows.title,
    case when len(scopes.service_ids) = 1 then scopes.service_ids[1] end as service_id,
    scopes.service_ids,
    scopes.environment_ids,
    coalesce(windows.is_any_scope, false) as is_any_scope,
    windows.vendor_name,
    windows.allows_overrun is true as allows_overrun,
    occurrences.starts_at,
    occurrences.ends_at,
    windows.known_from,
    windows.known_to,
    windows.created_at,
    windows.source_url,
    windows.source
from {{ ref("int_window_occurrences") }} as occurrences
inner join
    {{ ref("int_window_versions") }} as windows
    on occurrences.calendar_window_id = windows.calendar_window_id
    and occurrences.version_number = windows.version_number
inner join
    {{ ref("int_window_scopes") }} as scopes
    on occurrences.calendar_window_id = scopes.calendar_window_id
    and occurrences.version_number = scopes.version_number
left join {{ ref("window_kinds") }} as kinds on windows.kind = kinds.kind
where occurrences.problem is null
