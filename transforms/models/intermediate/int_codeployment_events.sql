{#
  Changes of services in the order in which they were exposed, whether an incident is attributed to
  each, and with which others it shares one: an incident that is attributed to two changes only when
  taken together counts for the likelier one, where the other is near.
#}
with
    events as (
        select
            row_number() over (order by events.exposed_at, events.change_event_id)
            - 1 as event_index,
            events.change_event_id,
            events.service_id,
            events.exposed_at
        from {{ ref("change_events") }} as events
        where
            events.kind in ('forward', 'rework')
            and not events.is_running
            and events.service_id is not null
            and events.exposed_at <= {{ as_of() }} - interval 72 hours
    ),
    suspects as (
        select
            events.event_index,
            suspects.incident_id,
            suspects.suspect_rank,
            suspects.probability
        from {{ ref("incident_suspects") }} as suspects
        inner join events on suspects.change_event_id = events.change_event_id
        where suspects.probability > 0
    ),
    blamed as (select distinct event_index from suspects where probability >= 0.5),
    shared as (
        select
            likelier.event_index,
            list(distinct other.event_index order by other.event_index) as shared_with
        from suspects as likelier
        inner join
            suspects as other
            on likelier.incident_id = other.incident_id
            and likelier.suspect_rank < other.suspect_rank
            and likelier.probability < 0.5
            and likelier.probability + other.probability >= 0.5
        group by likelier.event_index
    )
select
    events.event_index,
    events.service_id,
    epoch(events.exposed_at) as exposed_seconds,
    blamed.event_index is not null as is_blamed,
    coalesce(shared.shared_with, []) as shared_with
from events
left join blamed on events.event_index = blamed.event_index
left join shared on events.event_index = shared.event_index
order by events.event_index
