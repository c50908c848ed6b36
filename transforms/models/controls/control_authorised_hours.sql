{{ control(subject="deployment") }}

with
    subjects as (
        select
            subjects.*,
            coalesce(teams.timezone, {{ report_timezone() }}) as timezone,
            {{
                wall_clock(
                    "subjects.started_at",
                    "coalesce(teams.timezone, " ~ report_timezone() ~ ")",
                )
            }} as local_started_at
        from {{ deployment_subjects() }} as subjects
        left join {{ ref("teams") }} as teams on subjects.team_id = teams.team_id
    ),
    windows as (
        select *
        from {{ ref("window_occurrences") }}
        where kind in ('allow', 'business_hours')
    ),
    stated as (
        select distinct
            calendar_window_id,
            version_number,
            service_ids,
            environment_ids,
            is_any_scope,
            known_from,
            known_to
        from windows
    ),
    bound as (
        select distinct subjects.subject_id
        from subjects
        inner join
            stated
            on {{ window_is_known("stated", "subjects.started_at") }}
            and {{
                window_binds(
                    "stated", "subjects.service_id", "subjects.environment_id"
                )
            }}
    ),
    open_then as (
        select subjects.subject_id, min(windows.window_occurrence_id) as occurrence_id
        from subjects
        inner join
            windows
            on windows.starts_at <= subjects.started_at
            and windows.ends_at > subjects.started_at
            and {{ window_is_known("windows", "subjects.started_at") }}
            and {{
                window_binds(
                    "windows", "subjects.service_id", "subjects.environment_id"
                )
            }}
        group by subjects.subject_id
    ),
    {{ authors_of_subjects() }},
    approved as (
        select
            subjects.subject_id,
            count(distinct approvals.approver_id) as approver_count,
            list(
                distinct 'override_approvals:' || approvals.override_approval_id
                order by 'override_approvals:' || approvals.override_approval_id
            ) as evidence
        from subjects
        inner join
            {{ ref("override_approvals") }} as approvals
            on subjects.service_id = approvals.service_id
            and subjects.environment_id = approvals.environment_id
            and approvals.approved_at <= subjects.started_at
            and approvals.approved_at
            >= subjects.started_at
            - to_seconds(cast({{ threshold("override_hours_max") }} * 3600 as bigint))
            and (
                approvals.withdrawn_at is null
                or approvals.withdrawn_at > subjects.started_at
            )
        inner join
            {{ ref("approver_roles") }} as roles
            on roles.role_name = 'override'
            and approvals.approver_id = roles.person_id
        left join
            authors
            on subjects.subject_id = authors.subject_id
            and approvals.approver_id = authors.author_id
        where
            approvals.approver_id is distinct from subjects.actor_id
            and authors.author_id is null
            and coalesce(trim(approvals.reason), '') <> ''
            and coalesce(trim(approvals.link), '') <> ''
        group by subjects.subject_id
    ),
    judged as (
        select
            subjects.*,
            bound.subject_id is not null as is_bound,
            open_then.occurrence_id,
            case
                when bound.subject_id is not null
                then open_then.occurrence_id is not null
                else
                    isodow(subjects.local_started_at)
                    <= {{ threshold("authorised_hours_last_weekday") }}
                    and epoch(subjects.local_started_at)
                    - epoch(date_trunc('day', subjects.local_started_at))
                    >= {{ threshold("authorised_hours_from") }} * 3600
                    and epoch(subjects.local_started_at)
                    - epoch(date_trunc('day', subjects.local_started_at))
                    < {{ threshold("authorised_hours_until") }} * 3600
            end as is_on_hours,
            subjects.kind = 'rollback'
            and (
                coalesce(people.kind, 'human') <> 'human'
                or coalesce(starts_with(subjects.actor_id, 'bot-'), false)
                or robots.person_id is not null
            ) as is_automated_rollback,
            coalesce(approved.approver_count, 0) as approver_count,
            approved.evidence as approvals
        from subjects
        left join bound on subjects.subject_id = bound.subject_id
        left join open_then on subjects.subject_id = open_then.subject_id
        left join approved on subjects.subject_id = approved.subject_id
        left join {{ ref("people") }} as people on subjects.actor_id = people.person_id
        left join
            {{ ref("approver_roles") }} as robots
            on robots.role_name = 'trusted_robot'
            and subjects.actor_id = robots.person_id
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
            || ' did in time.'
        else
            'It begins outside of allowed hours, '
            || local_words
            || ', and nobody who may approved that in time.'
    end as reason,
    list_concat(
        case
            when occurrence_id is null
            then []::varchar[]
            else ['window_occurrences:' || occurrence_id]
        end,
        coalesce(approvals, []::varchar[])
    ) as evidence,
    case when is_on_hours then null else approver_count end as value,
    {{ threshold("override_approvers_min") }} as threshold
from decided
