{# Opsgenie keeps its alerts; one that is closed without report ended with its last update at the latest. #}
with
    alerts as (
        select
            *,
            case
                when status = 'closed'
                then created_at + to_milliseconds(close_milliseconds)
            end as stated_ended_at,
            case when status = 'closed' then source_updated_at end as ended_before
        from {{ newest("stg_opsgenie__alerts", "source, alert_key") }}
    )
select
    source,
    alert_key as fingerprint,
    title as name,
    priority as severity,
    service_name,
    labels,
    created_at as started_at,
    coalesce(stated_ended_at, ended_before) as ended_at,
    stated_ended_at is null and ended_before is not null as ended_at_is_bound,
    case
        when status = 'closed'
        then coalesce(stated_ended_at, last_occurred_at, created_at)
        else read_at
    end as last_seen_at,
    page_id,
    ordinal,
    read_at
from alerts
