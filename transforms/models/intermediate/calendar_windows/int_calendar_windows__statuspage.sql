{#
  A window a component of our own page, and one a maintenance of a vendor's. A component that a later
  version no longer names has its window withdrawn.
#}
with
    maintenances as (
        select
            *,
            case
                when is_vendor or coalesce(len(component_ids), 0) = 0
                then ['']
                else component_ids
            end as touched_ids,
            case
                when is_vendor or coalesce(len(component_ids), 0) = 0
                then [null]
                else component_names
            end as touched_names
        from {{ ref("stg_statuspage__scheduled_maintenances") }}
        where read_at <= {{ as_of() }}
    ),
    touched as (
        select
            source,
            maintenance_id,
            component_id,
            arg_max(component_name, read_at) as component_name,
            min(read_at) as first_named_at
        from
            (
                select
                    source,
                    maintenance_id,
                    read_at,
                    unnest(touched_ids) as component_id,
                    unnest(touched_names) as component_name
                from maintenances
            )
        group by source, maintenance_id, component_id
    )
select
    concat_ws(
        ':',
        maintenances.source,
        maintenances.maintenance_id,
        nullif(touched.component_id, '')
    ) as calendar_window_id,
    case
        when maintenances.is_vendor then 'vendor_maintenance' else 'maintenance'
    end as kind,
    maintenances.title,
    case
        when not list_contains(maintenances.touched_ids, touched.component_id)
        then 'withdrawn'
        else maintenances.status
    end as state,
    coalesce(components.name, touched.component_name) as service_name,
    maintenances.starts_at,
    maintenances.ends_at,
    maintenances.created_at,
    maintenances.source_url,
    maintenances.source,
    maintenances.page_id,
    maintenances.ordinal,
    maintenances.read_at
from maintenances
inner join
    touched
    on maintenances.source = touched.source
    and maintenances.maintenance_id = touched.maintenance_id
    and maintenances.read_at >= touched.first_named_at
left join
    {{ newest("stg_statuspage__components", "source, component_id") }} as components
    on maintenances.source = components.source
    and touched.component_id = components.component_id
