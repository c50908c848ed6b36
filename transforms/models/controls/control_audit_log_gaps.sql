{{ control(subject="audit_log_month") }}

{# The longest silence of each log and month against what is usual for that log. #}
with
    events as (
        select source, audit_event_id, occurred_at
        from {{ ref("audit_events") }}
        where occurred_at is not null and occurred_at <= {{ as_of() }}
    ),
    steps as (
        select
            source,
            audit_event_id,
            occurred_at as began_at,
            lead(occurred_at) over (
                partition by source order by occurred_at, audit_event_id
            ) as next_at,
            lead(audit_event_id) over (
                partition by source order by occurred_at, audit_event_id
            ) as next_event_id
        from events
    ),
    silences as (
        {# the silence since the last event is one too, if it is already too long #}
        select
            *,
            {{ seconds_between("began_at", "coalesce(next_at, " ~ as_of() ~ ")") }}
            as seconds
        from steps
    ),
    usual as (
        select
            source,
            count(next_at) as interval_count,
            quantile_cont(seconds, 0.99) filter (
                where next_at is not null
            ) as p99_seconds
        from silences
        group by source
    ),
    longest as (
        select
            source,
            date_trunc('month', began_at) as month_start_at,
            max(seconds) as seconds,
            arg_max(began_at, seconds) as began_at,
            arg_max(next_at, seconds) as ended_at,
            arg_max(audit_event_id, seconds) as event_id,
            arg_max(next_event_id, seconds) as next_event_id
        from silences
        group by source, date_trunc('month', began_at)
    ),
    judged as (
        select
            longest.*,
            usual.p99_seconds,
            usual.p99_seconds
            * {{ threshold("audit_gap_factor_max") }} as limit_seconds,
            case
                when usual.interval_count < {{ threshold("audit_gap_intervals_min") }}
                then 'too_few_events'
                when
                    longest.seconds
                    > usual.p99_seconds * {{ threshold("audit_gap_factor_max") }}
                then 'silent'
                else 'continuous'
            end as reason_code
        from longest
        inner join usual on longest.source = usual.source
    )
select
    source || ':' || left(cast(month_start_at as varchar), 7) as subject_id,
    cast(null as varchar) as service_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as environment_id,
    cast(month_start_at as timestamp) as occurred_at,
    case
        reason_code
        when 'too_few_events'
        then 'inconclusive'
        when 'silent'
        then 'fail'
        else 'pass'
    end as verdict,
    reason_code,
    case
        when reason_code = 'too_few_events'
        then 'The log holds too few events to say what silence is usual.'
        else
            'The longest silence lasts '
            || cast(round(seconds / 60) as bigint)
            || ' minutes from '
            || strftime(began_at, '%Y-%m-%d %H:%M')
            || case
                when ended_at is null
                then ' on'
                else ' to ' || strftime(ended_at, '%Y-%m-%d %H:%M')
            end
            || '; up to '
            || cast(round(limit_seconds / 60) as bigint)
            || ' minutes are usual.'
    end as reason,
    list_filter(
        [
            'audit_events:' || event_id,
            case
                when next_event_id is not null then 'audit_events:' || next_event_id
            end
        ],
        lambda one:one is not null
    ) as evidence,
    seconds as value,
    case when reason_code <> 'too_few_events' then limit_seconds end as threshold
from judged
