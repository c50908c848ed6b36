{#
  Services that were deployed within 60 minutes of each other, at least five times: for each of the
  two, its deployments near one of the other and the rest, and to how many of them an incident is
  attributed. An incident that is attributed to two near deployments only when taken together counts
  for the likelier one. Deployments meet in slots of an hour, so none is compared with all others.
#}
with
    events as (
        select
            row_number() over (order by events.change_event_id) as event_index,
            events.change_event_id,
            events.service_id,
            events.exposed_at,
            cast(floor(epoch(events.exposed_at) / 3600) as bigint) as slot
        from {{ ref("change_events") }} as events
        where
            events.kind in ('forward', 'rework')
            and not events.is_running
            and events.exposed_at <= {{ as_of() }} - interval 72 hours
    ),
    blamed as (
        select distinct events.event_index
        from events
        inner join
            {{ ref("incident_suspects") }} as suspects
            on events.change_event_id = suspects.change_event_id
        where suspects.probability >= 0.5
    ),
    divided as (
        select events.event_index, suspects.*
        from {{ ref("incident_suspects") }} as suspects
        inner join events on suspects.change_event_id = events.change_event_id
        where suspects.probability > 0 and suspects.probability < 0.5
    ),
    shared as (
        select distinct
            first.event_index as event_index, second.event_index as near_event_index
        from divided as first
        inner join
            divided as second
            on first.incident_id = second.incident_id
            and first.suspect_rank < second.suspect_rank
            and first.probability + second.probability >= 0.5
    ),
    spread as (
        select event_index, service_id, exposed_at, slot + unnest([-1, 0, 1]) as slot
        from events
    ),
    near as (
        select
            events.event_index,
            events.service_id,
            others.service_id as other_service_id,
            bool_or(shared.event_index is not null) as is_shared
        from events
        inner join
            spread as others
            on events.slot = others.slot
            and events.service_id <> others.service_id
            and events.exposed_at - others.exposed_at
            between interval '-60 minutes' and interval '60 minutes'
        left join
            shared
            on events.event_index = shared.event_index
            and others.event_index = shared.near_event_index
        group by events.event_index, events.service_id, others.service_id
    ),
    together as (
        select
            near.service_id,
            near.other_service_id,
            count(*) as together_count,
            count(
                case when near.is_shared or blamed.event_index is not null then 1 end
            ) as together_failed_count,
            count(blamed.event_index) as blamed_count
        from near
        left join blamed on near.event_index = blamed.event_index
        group by near.service_id, near.other_service_id
        having count(*) >= 5
    ),
    totals as (
        select
            events.service_id,
            count(*) as deployment_count,
            count(blamed.event_index) as failed_count
        from events
        left join blamed on events.event_index = blamed.event_index
        group by events.service_id
    ),
    sides as (
        select
            together.service_id,
            together.other_service_id,
            together.together_count,
            together.together_failed_count,
            totals.deployment_count - together.together_count as alone_count,
            totals.failed_count - together.blamed_count as alone_failed_count
        from together
        inner join totals on together.service_id = totals.service_id
    )
select
    ours.service_id,
    ours.other_service_id,
    least(ours.together_count, theirs.together_count) as codeployment_count,
    ours.together_count,
    ours.together_failed_count,
    ours.alone_count,
    ours.alone_failed_count,
    theirs.together_count as other_together_count,
    theirs.together_failed_count as other_together_failed_count,
    theirs.alone_count as other_alone_count,
    theirs.alone_failed_count as other_alone_failed_count
from sides as ours
inner join
    sides as theirs
    on ours.service_id = theirs.other_service_id
    and ours.other_service_id = theirs.service_id
    and ours.service_id < ours.other_service_id
order by ours.service_id, ours.other_service_id
