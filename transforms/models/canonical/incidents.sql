{# Every version of every incident, from each system that knows it; fct_incidents folds them. #}
with
    items as (select * from {{ ref("configuration_items") }}),
    service_desk as (
        select
            incidents.source || ':' || incidents.sys_id as incident_id,
            incidents.number,
            items.service_id,
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
    ),
    updates as (
        {# an export repeats an incident's final times on all its rows: each row knows its own day #}
        select
            *,
            coalesce(
                lead(read_at) over (
                    partition by source, number order by read_at, page_id, ordinal
                ),
                {{ as_of() }}
            ) as known_until_at
        from
            (
                {# a later export tells of the same update again: that is no version of its own #}
                select *
                from {{ ref("stg_servicenow__incident_audit_log") }}
                where read_at <= {{ as_of() }}
                qualify
                    row_number() over (
                        partition by source, number, row_ordinal
                        order by page_id desc, ordinal desc
                    )
                    = 1
            )
    ),
    audit_log as (
        select
            log.source || ':' || log.number as incident_id,
            log.number,
            aliases.service_id,
            null as parent_incident_id,
            null as correlated_incident_id,
            null as caused_by_change_request_id,
            log.change_request_number as caused_by_change_request_number,
            log.title,
            case
                log.state
                when 'Closed'
                then 'closed'
                when 'Resolved'
                then 'resolved'
                when 'New'
                then 'open'
                else 'acknowledged'
            end as status,
            null as source_url,
            log.severity,
            log.reopen_count,
            null as stated_impact_started_at,
            log.opened_at as detected_at,
            log.opened_at as created_at,
            null as acknowledged_at,
            case
                when log.resolved_at <= log.known_until_at then log.resolved_at
            end as resolved_at,
            null as last_resolved_at,
            null as reopened_at,
            case
                when log.closed_at <= log.known_until_at then log.closed_at
            end as closed_at,
            log.source_updated_at,
            log.source,
            log.page_id,
            log.ordinal,
            log.read_at
        from updates as log
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(log.configuration_item) = aliases.alias
    ),
    pages as (
        select
            *,
            coalesce(
                lead(read_at) over (
                    partition by source, incident_id order by read_at, page_id, ordinal
                ),
                timestamp '9999-12-31'
            ) as replaced_at
        from {{ ref("stg_pagerduty__incidents") }}
        where read_at <= {{ as_of() }}
    ),
    entries as (
        {# what was known while a version was the newest #}
        select
            pages.source,
            pages.page_id,
            pages.ordinal,
            min(
                case when log.type = 'acknowledge' then log.created_at end
            ) as acknowledged_at,
            max(case when log.type = 'resolve' then log.created_at end) as resolved_at,
            max(case when log.type = 'reopen' then log.created_at end) as reopened_at
        from pages
        inner join
            {{ ref("stg_pagerduty__log_entries") }} as log
            on pages.source = log.source
            and pages.incident_id = log.incident_id
            and log.read_at < pages.replaced_at
        where log.read_at <= {{ as_of() }}
        group by pages.source, pages.page_id, pages.ordinal
    ),
    pager as (
        select
            incidents.source || ':' || incidents.incident_id as incident_id,
            incidents.incident_id as number,
            coalesce(by_id.service_id, by_name.service_id) as service_id,
            incidents.source
            || ':'
            || incidents.parent_incident_id as parent_incident_id,
            null as correlated_incident_id,
            null as caused_by_change_request_id,
            null as caused_by_change_request_number,
            incidents.title,
            case
                incidents.status when 'triggered' then 'open' else incidents.status
            end as status,
            incidents.source_url,
            incidents.severity,
            0 as reopen_count,
            null as stated_impact_started_at,
            incidents.created_at as detected_at,
            incidents.created_at,
            entries.acknowledged_at,
            case
                when incidents.status = 'resolved'
                then coalesce(incidents.resolved_at, entries.resolved_at)
            end as resolved_at,
            entries.resolved_at as last_resolved_at,
            entries.reopened_at,
            null as closed_at,
            incidents.source_updated_at,
            incidents.source,
            incidents.page_id,
            incidents.ordinal,
            incidents.read_at
        from pages as incidents
        left join
            entries
            on incidents.source = entries.source
            and incidents.page_id = entries.page_id
            and incidents.ordinal = entries.ordinal
        left join
            {{ ref("service_aliases") }} as by_id
            on lower(incidents.source_service_id) = by_id.alias
        left join
            {{ ref("service_aliases") }} as by_name
            on lower(incidents.service_name) = by_name.alias
    ),
    incidents as (
        select *
        from service_desk
        union all
        select *
        from audit_log
        union all
        select *
        from pager
    )
select
    *,
    row_number() over (
        partition by incident_id order by read_at, page_id, ordinal
    ) as version_number,
    row_number() over (
        partition by incident_id order by read_at desc, page_id desc, ordinal desc
    )
    = 1 as is_current
from incidents
