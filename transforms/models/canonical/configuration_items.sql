with
    items as (
        select *
        from {{ newest("stg_servicenow__configuration_items", "source, sys_id") }}
    ),
    configuration_items as (
        select
            items.source || ':' || items.sys_id as configuration_item_id,
            aliases.service_id,
            items.name,
            items.class_name,
            items.operational_status,
            items.owner,
            items.environment_name,
            items.correlation_id,
            items.last_discovered_at,
            items.source_updated_at,
            items.source,
            items.page_id,
            items.ordinal,
            items.read_at
        from items
        left join
            {{ ref("service_aliases") }} as aliases on lower(items.name) = aliases.alias
    )
select *
from configuration_items
