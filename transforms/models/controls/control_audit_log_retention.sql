{{ control(subject="audit_log") }}

{# How far back a log reaches, and whether its newest months are all at hand. #}
with
    events as (
        select source, occurred_at, audit_event_id
        from {{ ref("audit_events") }}
        where occurred_at is not null and occurred_at <= {{ as_of() }}
    ),
    reaches as (
        select
            source,
            min(occurred_at) as first_at,
            arg_min(audit_event_id, occurred_at) as first_event_id,
            count(
                distinct case
                    when
                        occurred_at
                        >= date_trunc('month', {{ as_of() }})
                        - interval 1 month * {{ threshold("audit_hot_months_min") }}
                        and occurred_at < date_trunc('month', {{ as_of() }})
                    then date_trunc('month', occurred_at)
                end
            ) as hot_month_count
        from events
        group by source
    ),
    judged as (
        select
            *,
            case
                when
                    first_at
                    > {{ as_of() }}
                    - interval 1 month * {{ threshold("audit_retention_months_min") }}
                then 'too_short'
                when hot_month_count < {{ threshold("audit_hot_months_min") }}
                then 'month_missing'
                else 'kept'
            end as reason_code
        from reaches
    )
select
    source as subject_id,
    cast(null as varchar) as service_id,
    cast(null as varchar) as team_id,
    cast(null as varchar) as environment_id,
    {{ as_of() }} as occurred_at,
    case when reason_code = 'kept' then 'pass' else 'fail' end as verdict,
    reason_code,
    'The oldest event is of '
    || cast(cast(first_at as date) as varchar)
    || '; of the last '
    || cast({{ threshold("audit_hot_months_min") }} as bigint)
    || ' whole months '
    || hot_month_count
    || ' hold events.' as reason,
    ['audit_events:' || first_event_id] as evidence,
    {{ seconds_between("first_at", as_of()) }} / 86400.0 / 30.4375 as value,
    {{ threshold("audit_retention_months_min") }} as threshold
from judged
