with
    declared as (
        select
            service_id, depends_on as upstream_service_id, 'configuration' as evidence
        from {{ ref("int_catalogue__current") }}
        where record_type = 'dependency'
    ),
    items as (
        select * from {{ newest("stg_servicenow__configuration_items", "sys_id") }}
    ),
    related as (
        select
            parents.service_id,
            children.service_id as upstream_service_id,
            'cmdb' as evidence
        from
            {{ newest("stg_servicenow__configuration_item_relations", "sys_id") }}
            as relations
        inner join
            items as parent_items on relations.parent_sys_id = parent_items.sys_id
        inner join items as child_items on relations.child_sys_id = child_items.sys_id
        inner join
            {{ ref("service_aliases") }} as parents
            on lower(parent_items.name) = parents.alias
        inner join
            {{ ref("service_aliases") }} as children
            on lower(child_items.name) = children.alias
    ),
    dependencies as (
        select service_id, upstream_service_id, min(evidence) as evidence
        from
            (
                select *
                from declared
                union all
                select *
                from related
            )
        where service_id <> upstream_service_id
        group by service_id, upstream_service_id
    )
select *
from dependencies
