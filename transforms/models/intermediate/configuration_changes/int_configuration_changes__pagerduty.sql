{# A row a service that the event names; one row where it names none. #}
with
    events as (
        select
            * exclude (source_service_ids),
            unnest(
                case
                    when coalesce(len(source_service_ids), 0) = 0
                    then [null]
                    else source_service_ids
                end
            ) as source_service_id
        from {{ newest("stg_pagerduty__change_events", "source, change_event_id") }}
    )
select
    concat_ws(
        ':', events.source, events.change_event_id, events.source_service_id
    ) as configuration_change_id,
    events.type,
    events.title,
    services.name as service_name,
    by_id.service_id,
    events.environment as environment_name,
    events.changed_at,
    events.source_url,
    events.source,
    events.page_id,
    events.ordinal,
    events.read_at
from events
left join
    {{ newest("stg_pagerduty__services", "source, source_service_id") }} as services
    on events.source = services.source
    and events.source_service_id = services.source_service_id
left join
    {{ ref("service_aliases") }} as by_id
    on lower(events.source_service_id) = by_id.alias
