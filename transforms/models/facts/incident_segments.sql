{# Active time of each incident: a reopened one has several segments, of which the last ends it. #}
with
    incidents as (
        select
            incident_id,
            exclusion_reason,
            active_seconds is not null as is_known,
            is_open,
            impact_started_at,
            restored_at
        from {{ ref("fct_incidents") }}
    ),
    reopenings as (
        select reopened.*
        from {{ ref("int_incidents__reopened") }} as reopened
        inner join incidents on reopened.incident_id = incidents.incident_id
        where incidents.is_known
    ),
    starts as (
        select incident_id, 0 as reopening_number, impact_started_at as started_at
        from incidents
        union all
        select incident_id, reopening_number, reopened_at as started_at
        from reopenings
    ),
    ended as (
        select
            starts.incident_id,
            row_number() over segments as segment_number,
            starts.started_at,
            lead(reopenings.ended_at) over segments as reopened_end_at,
            lead(starts.reopening_number) over segments is null as is_last
        from starts
        left join
            reopenings
            on starts.incident_id = reopenings.incident_id
            and starts.reopening_number = reopenings.reopening_number
        window
            segments as (
                partition by starts.incident_id order by starts.reopening_number
            )
    ),
    incident_segments as (
        select
            ended.incident_id,
            ended.segment_number,
            incidents.exclusion_reason,
            greatest(
                {{
                    seconds_between(
                        "ended.started_at",
                        "coalesce(case when ended.is_last then incidents.restored_at else ended.reopened_end_at end, "
                        ~ as_of()
                        ~ ")",
                    )
                }},
                0
            ) as active_seconds,
            incidents.is_known as is_complete,
            ended.is_last and incidents.is_open as is_open,
            ended.started_at,
            case
                when ended.is_last then incidents.restored_at else ended.reopened_end_at
            end as ended_at
        from ended
        inner join incidents on ended.incident_id = incidents.incident_id
    )
select *
from incident_segments
