{# Incidents as the metrics count them: duplicates and second records stay as rows with their reason. #}
with
    folded as (select * from {{ ref("int_incidents__folded") }}),
    second_records as (
        select
            root_incident_id,
            min(detected_at) as detected_at,
            min(acknowledged_at) as acknowledged_at,
            max(resolved_at) as resolved_at,
            min(source_url) as source_url,
            min(source) as source
        from folded
        where folded_as = 'same_incident'
        group by root_incident_id
    ),
    pauses as (
        select
            incident_id,
            count(*) as reopening_count,
            bool_and(is_known) as is_known,
            sum(pause_seconds) as pause_seconds
        from {{ ref("int_incidents__reopened") }}
        group by incident_id
    ),
    combined as (
        select
            folded.incident_id,
            folded.root_incident_id,
            folded.number,
            folded.title,
            folded.status,
            folded.folded_as,
            folded.is_deleted,
            concat_ws(', ', folded.source, second_records.source) as sources,
            coalesce(folded.source_url, second_records.source_url) as source_url,
            folded.severity,
            folded.reopen_count,
            case
                when folded.stated_impact_started_at is not null
                then 'impact_started_at'
                when
                    coalesce(second_records.detected_at, folded.detected_at) is not null
                then 'detected_at'
                else 'created_at'
            end as impact_started_field,
            coalesce(
                folded.stated_impact_started_at,
                least(
                    folded.detected_at,
                    coalesce(second_records.detected_at, folded.detected_at)
                ),
                folded.created_at
            ) as impact_started_at,
            least(
                folded.detected_at,
                coalesce(second_records.detected_at, folded.detected_at)
            ) as detected_at,
            least(
                coalesce(folded.acknowledged_at, second_records.acknowledged_at),
                coalesce(second_records.acknowledged_at, folded.acknowledged_at)
            ) as acknowledged_at,
            coalesce(folded.resolved_at, second_records.resolved_at) as restored_at,
            folded.closed_at,
            coalesce(
                pauses.is_known and pauses.reopening_count >= folded.reopen_count,
                folded.reopen_count = 0
            ) as is_active_time_known,
            coalesce(pauses.pause_seconds, 0) as pause_seconds,
            folded.source,
            folded.read_at
        from folded
        left join second_records on folded.incident_id = second_records.root_incident_id
        left join pauses on folded.incident_id = pauses.incident_id
    ),
    judged as (
        select
            *,
            case
                when is_deleted
                then 'deleted'
                when folded_as is not null
                then folded_as
                when status = 'invalid'
                then 'false_alarm'
                when {{ is_impossible("impact_started_at") }}
                then 'impossible_time'
                when
                    restored_at > {{ as_of() }} + interval 120 seconds
                    or restored_at < timestamp '1990-01-01'
                then 'impossible_time'
                when restored_at < impact_started_at - interval 120 seconds
                then 'negative_duration'
            end as exclusion_reason
        from combined
    )
select
    incident_id,
    root_incident_id,
    number,
    title,
    status,
    impact_started_field,
    exclusion_reason,
    sources,
    source_url,
    severity,
    reopen_count,
    greatest(
        {{
            seconds_between(
                "impact_started_at", "coalesce(restored_at, " ~ as_of() ~ ")"
            )
        }},
        0
    ) as restore_seconds,
    case
        when is_active_time_known
        then
            greatest(
                {{
                    seconds_between(
                        "impact_started_at", "coalesce(restored_at, " ~ as_of() ~ ")"
                    )
                }} - pause_seconds, 0
            )
    end as active_seconds,
    greatest(
        {{
            seconds_between(
                "detected_at",
                "coalesce(acknowledged_at, restored_at, " ~ as_of() ~ ")",
            )
        }},
        0
    ) as acknowledge_seconds,
    greatest(
        {{ seconds_between("impact_started_at", "detected_at") }}, 0
    ) as detect_seconds,
    restored_at is null as is_open,
    acknowledged_at is null and restored_at is null as is_unacknowledged,
    {{ local_date("impact_started_at") }} as impact_started_date,
    impact_started_at,
    detected_at,
    acknowledged_at,
    restored_at,
    closed_at,
    source
from judged
