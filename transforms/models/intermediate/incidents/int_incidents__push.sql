{#
  A version of an incident for each event about it: what all events told that had arrived by then,
  in whatever order. Until its beginning is known a resolution says nothing. What a poll had seen
  already when it arrived says nothing new.
#}
with
    events as (
        select
            *,
            key_source || ':' || subject_id as incident_id,
            case
                when
                    event_type = 'incident.resolved'
                    or word in ('resolved', 'ok', 'recovered', 'fixed', 'inactive')
                then 'resolved'
                when word in ('closed', 'completed', 'done')
                then 'closed'
                when
                    word
                    in ('acknowledged', 'in_progress', 'investigating', 'identified')
                then 'acknowledged'
                else 'open'
            end as phase
        from {{ ref("int_pushed_events") }}
        where tells = 'incident'
    ),
    polled as (
        select source || ':' || incident_id as incident_id, read_at
        from {{ ref("stg_pagerduty__incidents") }}
    ),
    versions as (
        select
            *,
            last_value(title ignore nulls) over so_far as known_title,
            last_value(service_name ignore nulls) over so_far as known_service,
            last_value(source_service_id ignore nulls) over so_far as known_service_id,
            last_value(source_url ignore nulls) over so_far as known_url,
            last_value(severity ignore nulls) over so_far as known_severity,
            last_value(urgency ignore nulls) over so_far as known_urgency,
            min(created_at) over so_far as stated_created_at,
            min(
                case when phase in ('open', 'acknowledged') then occurred_at end
            ) over so_far as first_seen_at,
            min(
                case
                    when event_type <> 'incident.reported' and phase = 'open'
                    then occurred_at
                end
            ) over so_far as detected_at,
            min(case when phase = 'acknowledged' then occurred_at end) over so_far
            as acknowledged_at,
            max(
                case when phase in ('resolved', 'closed') then occurred_at end
            ) over so_far as last_resolved_at,
            max(
                case when event_type = 'incident.reopened' then occurred_at end
            ) over so_far as reopened_at,
            count(case when event_type = 'incident.reopened' then 1 end) over so_far
            as reopen_count,
            arg_max(phase, (occurred_at, phase in ('resolved', 'closed'))) over so_far
            as status,
            max(occurred_at) over so_far as changed_at
        from events
        window
            so_far as (
                partition by source, incident_id
                order by read_at, page_id, ordinal
                rows between unbounded preceding and current row
            )
    )
select
    versions.incident_id,
    versions.subject_id as number,
    by_id.service_id,
    versions.known_service as service_name,
    versions.known_title as title,
    versions.status,
    versions.known_url as source_url,
    coalesce(
        try_cast(regexp_extract(versions.known_severity, '[0-9]') as bigint),
        case versions.known_urgency when 'high' then 2 when 'low' then 4 end
    ) as severity,
    versions.reopen_count,
    coalesce(versions.stated_created_at, versions.detected_at) as detected_at,
    least(versions.stated_created_at, versions.first_seen_at) as created_at,
    versions.acknowledged_at,
    case
        when versions.status in ('resolved', 'closed') then versions.last_resolved_at
    end as resolved_at,
    versions.last_resolved_at,
    versions.reopened_at,
    case
        when versions.status = 'closed' then versions.last_resolved_at
    end as closed_at,
    versions.changed_at as source_updated_at,
    versions.source,
    versions.page_id,
    versions.ordinal,
    versions.read_at
from versions
left join
    {{ ref("service_aliases") }} as by_id
    on lower(versions.known_service_id) = by_id.alias
where
    coalesce(versions.stated_created_at, versions.first_seen_at) is not null
    and not exists (
        select 1
        from polled
        where
            polled.incident_id = versions.incident_id
            and polled.read_at between versions.occurred_at and versions.read_at
    )
