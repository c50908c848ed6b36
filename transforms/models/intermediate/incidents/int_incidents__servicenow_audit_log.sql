with
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
            log.configuration_item as service_name,
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
    )
select *
from audit_log
