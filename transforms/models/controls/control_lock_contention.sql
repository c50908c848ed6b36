{{ control(subject="lock") }}

with
    locks as (select * from {{ ref("lock_contention") }}),
    judged as (
        select
            *,
            case
                when wait_count = 0
                then 'no_waits_stated'
                when contention_ratio > {{ threshold("lock_contention_max") }}
                then 'contention'
                when
                    p95_wait_seconds > {{ threshold("lock_wait_p95_minutes_max") }} * 60
                then 'long_waits'
                when leak_count > 0
                then 'leaked'
                else 'waits_are_short'
            end as reason_code
        from locks
    )
select
    resource || '@' || strftime(month_start_date, '%Y-%m') as subject_id,
    service_id,
    cast(null as varchar) as team_id,
    environment_id,
    cast(month_start_date as timestamp) as occurred_at,
    case
        reason_code
        when 'no_waits_stated'
        then 'no_data'
        when 'leaked'
        then 'warn'
        when 'waits_are_short'
        then 'pass'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'no_waits_stated'
        then 'No source states when waits for ' || resource || ' began.'
        when 'leaked'
        then resource || ' was held far longer than usual ' || leak_count || ' times.'
        else
            'Of the time that '
            || resource
            || ' was waited for or held, '
            || round(100 * contention_ratio)
            || ' % was waiting; 19 of 20 waits took at most '
            || round(p95_wait_seconds / 60)
            || ' minutes.'
    end as reason,
    case
        when len(leaked_lock_event_ids) > 0
        then list_transform(leaked_lock_event_ids, lambda id:'lock_events:' || id)
        else
            [
                'lock_contention:'
                || resource
                || '@'
                || strftime(month_start_date, '%Y-%m')
            ]
    end as evidence,
    contention_ratio as value,
    {{ threshold("lock_contention_max") }} as threshold
from judged
