{# A downtime without a rule happens once; of several rules each is a window of its own. #}
with
    downtimes as (
        select
            *,
            unnest(
                case when len(recurrences) > 0 then recurrences else [null] end
            ) as recurrence,
            unnest(range(1, greatest(coalesce(len(recurrences), 1), 1) + 1)) as position
        from {{ ref("stg_datadog__downtimes") }}
        where read_at <= {{ as_of() }}
    )
select
    source
    || ':'
    || downtime_id
    || case when position > 1 then ':' || position else '' end as calendar_window_id,
    'downtime' as kind,
    coalesce(message, scope) as title,
    state,
    nullif(regexp_extract(scope, '\bservice:"?([^\s",)]+)', 1), '') as service_name,
    nullif(regexp_extract(scope, '\benv:"?([^\s",)]+)', 1), '') as environment_name,
    case
        when contains(regexp_extract(scope, '\bservice:"?([^\s",)]+)', 1), '*')
        then [regexp_extract(scope, '\bservice:"?([^\s",)]+)', 1)]
    end as service_patterns,
    timezone,
    recurrence.rrule as recurrence,
    case
        when recurrence.duration is not null
        then
            cast(regexp_extract(recurrence.duration, '^([0-9]+)', 1) as bigint) * case
                right(recurrence.duration, 1)
                when 's'
                then 1
                when 'm'
                then 60
                when 'h'
                then 3600
                when 'd'
                then 86400
                when 'w'
                then 604800
            end
        else epoch(ends_at) - epoch(starts_at)
    end as duration_seconds,
    {# of a rule the first occurrence, which it states by the clock of its zone #}
    case
        when recurrence.rrule is null
        then starts_at
        else
            try_cast(
                recurrence.start as timestamp
            ) at time zone timezone at time zone 'UTC'
    end as starts_at,
    ends_at,
    created_at,
    source,
    page_id,
    ordinal,
    read_at
from downtimes
