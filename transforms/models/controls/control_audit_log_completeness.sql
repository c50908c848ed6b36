{{ control(subject="audit_log_month") }}

{# What happened, when, where, from where, how it ended and by whom: an event with a gap proves less. #}
with
    events as (
        select
            *,
            date_trunc('month', coalesce(occurred_at, read_at)) as month_start_at,
            list_filter(
                [
                    case when event_type is null then 'what' end,
                    case when occurred_at is null then 'when' end,
                    case when place is null then 'where' end,
                    case when origin is null then 'source' end,
                    case when outcome is null then 'outcome' end,
                    case when actor_id is null then 'identity' end
                ],
                lambda one:one is not null
            ) as missing_facts
        from {{ ref("audit_events") }}
    ),
    facts as (select source, month_start_at, unnest(missing_facts) as fact from events),
    missing as (
        select source, month_start_at, fact, count(*) as n
        from facts
        group by source, month_start_at, fact
    ),
    worded as (
        select
            source,
            month_start_at,
            string_agg(fact || ' ' || n, ', ' order by n desc, fact) as words
        from missing
        group by source, month_start_at
    ),
    counted as (
        select
            source,
            month_start_at,
            count(*) as event_count,
            count(case when len(missing_facts) = 0 then 1 end) as complete_count,
            list('audit_events:' || audit_event_id order by audit_event_id) filter (
                where len(missing_facts) > 0
            ) as incomplete,
            list('audit_events:' || audit_event_id order by audit_event_id) as whole
        from events
        group by source, month_start_at
    )
select
    counted.source
    || ':'
    || left(cast(counted.month_start_at as varchar), 7) as subject_id,
    cast(null as varchar) as service_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as environment_id,
    cast(counted.month_start_at as timestamp) as occurred_at,
    case
        when
            counted.complete_count
            >= counted.event_count * {{ threshold("audit_completeness_min") }}
        then 'pass'
        else 'fail'
    end as verdict,
    case
        when counted.complete_count = counted.event_count
        then 'complete'
        else 'facts_missing'
    end as reason_code,
    counted.complete_count
    || ' of '
    || counted.event_count
    || ' events have all six facts'
    || coalesce('; missing: ' || worded.words, '')
    || '.' as reason,
    coalesce(counted.incomplete, counted.whole)[:20] as evidence,
    counted.complete_count / nullif(counted.event_count, 0)::double as value,
    {{ threshold("audit_completeness_min") }} as threshold
from counted
left join
    worded
    on counted.source = worded.source
    and counted.month_start_at = worded.month_start_at
