{{ control(subject="deployment") }}

with
    {{ running_subjects() }},
    windows as (
        select * replace (coalesce(title, kind) as title)
        from {{ ref("window_occurrences") }}
        where effect in ('deny', 'allow')
    ),
    {{ windows_of_subjects("effect = 'allow'") }},
    decided as (
        select
            subject_id,
            min(title) filter (where effect = 'deny' and is_open_at_start) as denied_by,
            min(title) filter (
                where effect = 'deny' and not is_open_at_start and not allows_overrun
            ) as ran_into,
            min(title) filter (
                where effect = 'allow' and is_open_at_start
            ) as allowed_by,
            count(distinct calendar_window_id) filter (
                where effect = 'deny' and (is_open_at_start or not allows_overrun)
            ) as denial_count,
            list(
                distinct 'window_occurrences:' || window_occurrence_id
                order by 'window_occurrences:' || window_occurrence_id
            ) filter (where effect = 'deny' or is_open_at_start) as evidence
        from met
        group by subject_id
    ),
    {{ low_risk_unfreezes() }},
    judged as (
        select
            subjects.*,
            case
                when not exists (select 1 from windows)
                then 'no_calendar'
                when
                    decided.denied_by is not null
                    and unfrozen.is_approved
                    and unfrozen.is_low_risk is null
                then 'risk_unknown'
                when
                    decided.denied_by is not null
                    and not coalesce(
                        unfrozen.is_approved and unfrozen.is_low_risk, false
                    )
                then 'blackout'
                when decided.ran_into is not null
                then 'blackout_overrun'
                when bound.subject_id is not null and decided.allowed_by is null
                then 'not_in_allowed_window'
                when decided.denied_by is not null
                then 'low_risk_unfrozen'
                when decided.allowed_by is not null
                then 'in_allowed_window'
                else 'no_window_denies'
            end as reason_code,
            decided.denied_by,
            decided.ran_into,
            decided.allowed_by,
            decided.denial_count,
            decided.evidence as windows_met,
            bound.evidence as windows_stated,
            coalesce(unfrozen.is_low_risk, false) as is_low_risk,
            unfrozen.approver_count,
            unfrozen.evidence as unfreeze_keys
        from subjects
        left join decided on subjects.subject_id = decided.subject_id
        left join bound on subjects.subject_id = bound.subject_id
        left join unfrozen on subjects.subject_id = unfrozen.subject_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when reason_code = 'no_calendar'
        then 'not_applicable'
        when reason_code in ('blackout', 'blackout_overrun', 'not_in_allowed_window')
        then 'fail'
        when reason_code = 'risk_unknown'
        then 'inconclusive'
        else 'pass'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'no_calendar'
        then 'No calendar states a freeze or an allowed time.'
        when 'blackout'
        then
            'It begins inside "'
            || denied_by
            || '".'
            || case
                when is_low_risk
                then ' Its risk is low; with the approvals of an override it might.'
                else ''
            end
        when 'risk_unknown'
        then
            'It begins inside "'
            || denied_by
            || '", approved by '
            || approver_count
            || ' people; whether its risk was low is not known.'
        when 'low_risk_unfrozen'
        then
            'It begins inside "'
            || denied_by
            || '", and may: its risk is low and '
            || approver_count
            || ' people approved that before.'
        when 'blackout_overrun'
        then
            'It begins before "'
            || ran_into
            || '" and still runs in it, which does not let it finish.'
        when 'not_in_allowed_window'
        then 'Allowed times are stated for it, and none is open when it begins.'
        when 'in_allowed_window'
        then 'It begins inside "' || allowed_by || '" and meets no freeze.'
        else 'No window denies it.'
    end as reason,
    flatten(
        [
            [{{ subject_key() }}],
            case
                when reason_code = 'not_in_allowed_window'
                then windows_stated
                else coalesce(windows_met, [])
            end,
            case when denied_by is null then [] else coalesce(unfreeze_keys, []) end
        ]
    ) as evidence,
    case
        when reason_code = 'no_calendar'
        then null
        when reason_code = 'low_risk_unfrozen'
        then 0
        when reason_code = 'not_in_allowed_window'
        then 1
        else coalesce(denial_count, 0)
    end as value,
    {{ threshold("freeze_violations_max") }} as threshold
from judged
