{# A change of several services is one row for each of them. #}
with
    events as (
        select *, unnest(services) as service_name, len(services) as service_count
        from {{ newest("stg_datadog__events", "source, event_id") }}
    )
select
    source
    || ':'
    || event_id
    || case
        when service_count > 1 then ':' || service_name else ''
    end as configuration_change_id,
    case when type = 'feature_flag' then 'flag' else type end as type,
    coalesce(title, resource_name) as title,
    coalesce(
        service_name,
        substr(list_filter(tags, lambda tag:starts_with(tag, 'service:'))[1], 9)
    ) as service_name,
    substr(
        list_filter(tags, lambda tag:starts_with(tag, 'env:'))[1], 5
    ) as environment_name,
    actor_id,
    happened_at as changed_at,
    source,
    page_id,
    ordinal,
    read_at
from events
