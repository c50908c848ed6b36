with
    items as (select * from {{ ref("configuration_items") }}),
    service_desk as (
        select
            incidents.source || ':' || incidents.sys_id as incident_id,
            incidents.number,
            items.service_id,
            items.name as service_name,
            incidents.source || ':' || incidents.parent_sys_id as parent_incident_id,
            nullif(incidents.correlation_id, '') as correlated_incident_id,
            incidents.source
            || ':'
            || incidents.caused_by_change_request_sys_id as caused_by_change_request_id,
            null as caused_by_change_request_number,
            incidents.title,
            case
                when
                    incidents.close_code ilike 'false alarm%'
                    or incidents.state in ('8', 'Canceled')
                then 'invalid'
                when incidents.state in ('7', 'Closed')
                then 'closed'
                when incidents.state in ('6', 'Resolved')
                then 'resolved'
                when incidents.state in ('2', '3', 'Active', 'In Progress')
                then 'acknowledged'
                else 'open'
            end as status,
            null as source_url,
            incidents.severity,
            incidents.reopen_count,
            incidents.impact_started_at as stated_impact_started_at,
            incidents.opened_at as detected_at,
            incidents.opened_at as created_at,
            incidents.work_started_at as acknowledged_at,
            {# a reopened incident keeps its former resolution in the record #}
            case
                when
                    incidents.state
                    in ('1', '2', '3', 'New', 'Active', 'In Progress', 'On Hold')
                then null
                else incidents.resolved_at
            end as resolved_at,
            incidents.resolved_at as last_resolved_at,
            incidents.reopened_at,
            incidents.closed_at,
            incidents.source_updated_at,
            incidents.source,
            incidents.page_id,
            incidents.ordinal,
            incidents.read_at
        from {{ ref("stg_servicenow__incidents") }} as incidents
        left join
            items
            on incidents.source || ':' || incidents.configuration_item_sys_id
            = items.configuration_item_id
        where incidents.read_at <= {{ as_of() }}
    )
    {{ with_deletions("service_desk", "incident_id", "incident", "status", "invalid") }}
