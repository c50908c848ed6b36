{{ control(subject="deployment") }}

{# A deployment that no log of its platform tells of may have gone around it. #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    events as (
        select
            events.audit_event_id,
            coalesce(events.service_id, aliases.service_id) as service_id,
            environments.environment_id,
            events.environment_name,
            events.occurred_at
        from {{ ref("audit_events") }} as events
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(events.object_name) = aliases.alias
        left join
            {{ ref("environments") }} as environments
            on lower(trim(events.environment_name)) = environments.environment_id
        where events.event_type ilike '%deploy%' and events.occurred_at is not null
    ),
    span as (select min(occurred_at) as first_at, count(*) as event_count from events),
    told as (
        select
            subjects.subject_id,
            min(
                least(
                    abs(
                        {{
                            seconds_between(
                                "events.occurred_at", "subjects.started_at"
                            )
                        }}
                    ),
                    abs(
                        {{
                            seconds_between(
                                "events.occurred_at",
                                "coalesce(subjects.finished_at, subjects.started_at)",
                            )
                        }}
                    )
                )
            ) as seconds_apart,
            list(
                'audit_events:' || events.audit_event_id order by events.audit_event_id
            ) as evidence
        from subjects
        inner join
            events
            on subjects.service_id = events.service_id
            and (
                events.environment_id is null
                or events.environment_id = subjects.environment_id
            )
            and events.occurred_at
            >= subjects.started_at
            - interval 1 minute * {{ threshold("audit_match_minutes_max") }}
            and events.occurred_at
            <= coalesce(subjects.finished_at, subjects.started_at)
            + interval 1 minute * {{ threshold("audit_match_minutes_max") }}
        group by subjects.subject_id
    ),
    judged as (
        select
            subjects.*,
            told.seconds_apart,
            told.evidence,
            case
                when span.event_count = 0
                then 'no_log'
                when
                    subjects.started_at
                    < span.first_at
                    - interval 1 minute * {{ threshold("audit_match_minutes_max") }}
                then 'before_log'
                when
                    told.seconds_apart
                    <= 60 * {{ threshold("audit_match_minutes_max") }}
                then 'logged'
                else 'no_event'
            end as reason_code
        from subjects
        cross join span
        left join told on subjects.subject_id = told.subject_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when reason_code = 'logged'
        then 'pass'
        when reason_code = 'no_event'
        then 'fail'
        else 'no_data'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'no_log'
        then 'No audit log that tells of deployments was read.'
        when 'before_log'
        then 'The audit log that was read begins after it.'
        when 'logged'
        then
            'The audit log tells of it '
            || cast(round(seconds_apart) as bigint)
            || ' seconds from its start or end.'
        else
            'No event of the audit log tells of a deployment of '
            || coalesce(service_id, 'the service')
            || ' within '
            || cast({{ threshold("audit_match_minutes_max") }} as bigint)
            || ' minutes of it.'
    end as reason,
    {{ found_or_subject("evidence") }} as evidence,
    seconds_apart as value,
    60 * {{ threshold("audit_match_minutes_max") }} as threshold
from judged
