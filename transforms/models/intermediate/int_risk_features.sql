{#
  Features of every subject at the instant it begins. How often a service failed before counts only
  outcomes that were mature by then, 72 hours after their end. When an open change will go live is
  not known, so its hour and weekday are not either.
#}
with
    subjects as (select * from {{ ref("int_risk_subjects") }}),
    marks as (
        select
            service_id,
            matures_at as marked_at,
            0 as is_subject,
            cast(null as varchar) as subject_kind,
            cast(null as varchar) as subject_id,
            1::double as outcome_count,
            is_failed::double as failed_count
        from subjects
        where is_failed is not null
        union all
        select
            service_id,
            started_at as marked_at,
            1 as is_subject,
            subject_kind,
            subject_id,
            0.0 as outcome_count,
            0.0 as failed_count
        from subjects
    ),
    counted as (
        {# an outcome that is known at the same instant is known #}
        select
            *,
            sum(outcome_count) over own as service_outcomes,
            sum(failed_count) over own as service_failures,
            sum(outcome_count) over every_one as all_outcomes,
            sum(failed_count) over every_one as all_failures
        from marks
        window
            own as (
                partition by service_id
                order by marked_at, is_subject
                rows between unbounded preceding and current row
            ),
            every_one as (
                order by marked_at, is_subject
                rows between unbounded preceding and current row
            )
    ),
    history as (select * from counted where is_subject = 1),
    previous as (
        {# change events of any kind, so that a rollback counts as the last deployment too #}
        select
            subject_kind,
            subject_id,
            service_id,
            max(event_at) over (
                partition by service_id
                order by started_at, is_subject
                rows between unbounded preceding and current row
            ) as last_event_at,
            is_subject
        from
            (
                select
                    subject_kind,
                    subject_id,
                    service_id,
                    started_at,
                    cast(null as timestamp) as event_at,
                    0 as is_subject
                from subjects
                union all
                select null, null, service_id, started_at, started_at as event_at, 1
                from {{ ref("change_events") }}
            )
    ),
    dependents as (
        select upstream_service_id as service_id, count(*) as dependent_count
        from {{ ref("service_reach") }}
        where hop_count > 0
        group by upstream_service_id
    )
select
    subjects.*,
    services.tier,
    coalesce(dependents.dependent_count, 0) as dependent_count,
    ln(1 + subjects.change_count) as batch_size,
    {# as if every service came with 20 outcomes at the rate of all #}
    (
        history.service_failures
        + 20.0 * (history.all_failures + 0.5) / (history.all_outcomes + 5.0)
    )
    / (history.service_outcomes + 20.0) as failure_history,
    history.service_outcomes,
    history.service_failures,
    ln(
        1 + greatest(
            {{ seconds_between("previous.last_event_at", "subjects.started_at") }}
            / 3600.0,
            0
        )
    ) as pause,
    case
        when subjects.subject_kind <> 'change'
        then
            (
                not coalesce(
                    days.is_working_day
                    and subjects.started_at >= days.opens_at
                    and subjects.started_at < days.closes_at,
                    false
                )
            )::double
    end as off_hours,
    subjects.unapproved_share as unapproved,
    {# authors that no source names are unknown, not none #}
    ln(nullif(subjects.author_count, 0)) as authors,
    ln(1 + coalesce(dependents.dependent_count, 0)) as dependents,
    services.tier::double as criticality,
    ln(
        1 + greatest(
            {{ seconds_between("subjects.oldest_started_at", "subjects.started_at") }}
            / 3600.0,
            0
        )
    ) as age,
    case
        when subjects.subject_kind <> 'change'
        then (isodow({{ local_date("subjects.started_at") }}) >= 5)::double
    end as end_of_week,
    (subjects.request_type = 'emergency')::double as emergency,
    (subjects.strategy in ('canary', 'blue_green', 'progressive'))::double
    as progressive
from subjects
inner join
    history
    on subjects.subject_kind = history.subject_kind
    and subjects.subject_id = history.subject_id
    and subjects.service_id = history.service_id
inner join
    previous
    on previous.is_subject = 0
    and subjects.subject_kind = previous.subject_kind
    and subjects.subject_id = previous.subject_id
    and subjects.service_id = previous.service_id
left join {{ ref("services") }} as services on subjects.service_id = services.service_id
left join dependents on subjects.service_id = dependents.service_id
left join
    {{ ref("calendar_days") }} as days
    on days.calendar_id = 'organisation'
    and days.calendar_date = {{ local_date("subjects.started_at") }}
