{# Of several services the first named stands for the incident; "stable" means that its impact is over. #}
select
    source || ':' || incident_id as incident_id,
    number,
    services[1] as service_name,
    title,
    case
        when is_test
        then 'invalid'
        when state = 'stable'
        then 'acknowledged'
        when state = 'resolved'
        then 'resolved'
        when state in ('completed', 'closed')
        then 'closed'
        else 'open'
    end as status,
    severity,
    0 as reopen_count,
    impact_started_at as stated_impact_started_at,
    coalesce(detected_at, created_at) as detected_at,
    created_at,
    case
        when state in ('resolved', 'completed', 'closed') then resolved_at
    end as resolved_at,
    resolved_at as last_resolved_at,
    source_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("stg_datadog__incidents") }}
where read_at <= {{ as_of() }}
