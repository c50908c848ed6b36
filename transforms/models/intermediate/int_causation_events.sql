{#
  What the population test is made of: when each service was changed, when its incidents began, and
  its weeks that were watched. One clock, the wall clock of the report zone, in seconds: weeks begin
  on Monday, and a shift by whole weeks keeps weekday and hour over changes of the clock.
  A service is watched from the first Monday after its first change event, at most two years, while
  both kinds of data are known; and no longer than four weeks after its last change event, or the
  quiet of a service that was retired would make its past look eventful.
#}
with
    limits as (
        select
            greatest(
                max(case when domain = 'deployments' then first_date end),
                max(case when domain = 'incidents' then first_date end)
            ) as known_from_date
        from {{ ref("coverage") }}
        having count(distinct domain) = 2
    ),
    final as (
        select
            cast(
                date_trunc('week', {{ wall_clock(as_of(), report_timezone()) }}) as date
            ) as end_date
    ),
    changes as (
        select
            service_id, {{ wall_clock("exposed_at", report_timezone()) }} as occurred_at
        from {{ ref("change_events") }}
        where not is_running and service_id is not null
    ),
    watched as (
        select
            changes.service_id,
            greatest(
                cast(
                    date_trunc(
                        'week',
                        greatest(
                            min(changes.occurred_at), any_value(limits.known_from_date)
                        )
                        + interval 7 days
                        - interval 1 microsecond
                    ) as date
                ),
                any_value(final.end_date) - 104 * 7
            ) as start_date,
            least(
                any_value(final.end_date),
                cast(date_trunc('week', max(changes.occurred_at)) as date) + 5 * 7
            ) as end_date
        from changes
        cross join limits
        cross join final
        group by changes.service_id
    ),
    incidents as (
        select
            services.service_id,
            services.incident_id,
            {{ wall_clock("incidents.impact_started_at", report_timezone()) }}
            as occurred_at,
            row_number() over (
                partition by services.incident_id order by services.service_id
            )
            = 1 as is_first
        from {{ ref("incident_services") }} as services
        inner join
            {{ ref("fct_incidents") }} as incidents
            on services.incident_id = incidents.incident_id
        where incidents.exclusion_reason is null
    ),
    events as (
        select service_id, 'change' as type, true as is_first, occurred_at
        from changes
        union all
        select service_id, 'incident' as type, is_first, occurred_at
        from incidents
    )
select
    watched.service_id,
    events.type,
    events.is_first,
    epoch(events.occurred_at) as occurred_seconds,
    epoch(watched.start_date) as start_seconds,
    epoch(watched.end_date) as end_seconds
from watched
left join events on watched.service_id = events.service_id
where watched.start_date < watched.end_date
order by watched.service_id, events.type, events.occurred_at
