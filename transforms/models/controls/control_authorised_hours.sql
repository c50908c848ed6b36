{{ control(subject="deployment") }}

with
    {{ running_subjects() }},
    windows as (
        select *
        from {{ ref("window_occurrences") }}
        where kind in ('allow', 'business_hours')
    ),
    {{ windows_of_subjects("true") }},
    open_then as (
        select subject_id, min(window_occurrence_id) as occurrence_id
        from met
        where is_open_at_start
        group by subject_id
    ),
    local_times as (
        select
            subjects.subject_id,
            coalesce(teams.timezone, {{ report_timezone() }}) as timezone,
            {{
                wall_clock(
                    "subjects.started_at",
                    "coalesce(teams.timezone, " ~ report_timezone() ~ ")",
                )
            }} as local_started_at
        from subjects
        left join {{ ref("teams") }} as teams on subjects.team_id = teams.team_id
    ),
    {{ override_approvals_of_subjects() }},
    judged as (
        select
            subjects.*,
            local_times.timezone,
            local_times.local_started_at,
            bound.evidence as windows_stated,
            open_then.occurrence_id,
            case
                when bound.subject_id is not null
                then open_then.occurrence_id is not null
                else
                    isodow(local_times.local_started_at)
                    <= {{ threshold("authorised_hours_last_weekday") }}
                    and epoch(local_times.local_started_at)
                    - epoch(date_trunc('day', local_times.local_started_at))
                    >= {{ threshold("authorised_hours_from") }} * 3600
                    and epoch(local_times.local_started_at)
                    - epoch(date_trunc('day', local_times.local_started_at))
                    < {{ threshold("authorised_hours_until") }} * 3600
            end as is_on_hours,
            subjects.kind = 'rollback'
            and (
                coalesce(people.kind, 'human') <> 'human'
                or coalesce(starts_with(subjects.actor_id, 'bot-'), false)
                or robots.person_id is not null
            ) as is_automated_rollback,
            coalesce(approved.approver_count, 0) as approver_count,
            coalesce(approved.delegate_count, 0) as delegate_count,
            approved.evidence as approvals
        from subjects
        inner join local_times on subjects.subject_id = local_times.subject_id
        left join bound on subjects.subject_id = bound.subject_id
        left join open_then on subjects.subject_id = open_then.subject_id
        left join approved on subjects.subject_id = approved.subject_id
        left join {{ ref("people") }} as people on subjects.actor_id = people.person_id
        left join
            {{ ref("approver_roles") }} as robots
            on robots.role_name = 'trusted_robot'
            and subjects.actor_id = robots.person_id
            and {{ held_at("robots", "subjects.started_at") }}
    ),
    decided as (
        select
            *,
            case
                when is_on_hours
                then 'on_hours'
                when is_automated_rollback
                then 'automated_rollback'
                when approver_count >= {{ threshold("override_approvers_min") }}
                then 'overridden'
                when approver_count > 0
                then 'override_incomplete'
                else 'off_hours'
            end as reason_code,
            strftime(local_started_at, '%a %Y-%m-%d %H:%M')
            || ' '
            || timezone as local_words
        from judged
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when reason_code in ('on_hours', 'overridden')
        then 'pass'
        when reason_code = 'automated_rollback'
        then 'not_applicable'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'on_hours'
        then 'It begins in allowed hours, ' || local_words || '.'
        when 'automated_rollback'
        then 'A robot rolls back outside of allowed hours, ' || local_words || '.'
        when 'overridden'
        then
            'It begins outside of allowed hours, '
            || local_words
            || ', and '
            || approver_count
            || ' people approved that before.'
        when 'override_incomplete'
        then
            'It begins outside of allowed hours, '
            || local_words
            || '; of the people who may approve that, '
            || approver_count
            || ' did in time'
            || case
                when delegate_count > 0
                then ', and who stands in for one of them is no second'
                else ''
            end
            || '.'
        else
            'It begins outside of allowed hours, '
            || local_words
            || ', and nobody who may approved that in time.'
    end as reason,
    flatten(
        [
            [{{ subject_key() }}],
            case
                when occurrence_id is not null
                then ['window_occurrences:' || occurrence_id]
                when windows_stated is not null
                then windows_stated
                else
                    [
                        'thresholds:authorised_hours_from',
                        'thresholds:authorised_hours_last_weekday',
                        'thresholds:authorised_hours_until'
                    ]
            end,
            coalesce(approvals, [])
        ]
    ) as evidence,
    case when is_on_hours then null else approver_count end as value,
    {{ threshold("override_approvers_min") }} as threshold
from decided
