with
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
            by_id.service_id,
            incidents.service_name,
            incidents.source
            || ':'
            || incidents.parent_incident_id as parent_incident_id,
            null as correlated_incident_id,
            null as caused_by_change_request_id,
            null as caused_by_change_request_number,
            incidents.title,
            {# a status that is not known yet is no end #}
            case
                when incidents.status in ('acknowledged', 'resolved')
                then incidents.status
                else 'open'
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
    )
select *
from pager
