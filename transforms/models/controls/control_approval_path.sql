{{ control(subject="deployment") }}

{# Each type of change has its own way to an approval; the riskier, the longer it is. #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ changes_of_subjects() }},
    {{ request_of_subjects() }},
    reviewed as (
        {# a change of a host is reviewed when somebody but its author approved it before the merge #}
        select
            changed.subject_id,
            count(*) as brought_count,
            count(case when not changed.is_bot then 1 end) as change_count,
            count(
                case
                    when
                        not changed.is_bot
                        and changed.is_reviewable
                        and facts.approved_at is not null
                    then 1
                end
            ) as reviewed_count
        from changed
        inner join
            (
                select change_id, min(approved_at) as approved_at
                from {{ ref("fct_changes") }}
                group by change_id
            ) as facts
            on changed.change_id = facts.change_id
        group by changed.subject_id
    ),
    decided as (
        select
            subjects.subject_id,
            approvals.approval_id,
            approvals.approver_id,
            coalesce(approvals.decided_at, subjects.started_at) as decided_at,
            approvals.decided_at <= subjects.started_at as was_before,
            approvals.decided_at
            <= subjects.started_at
            + interval 1 hour * {{ threshold("retro_approval_hours_max") }}
            and not subjects.is_candidate as was_in_time,
            approvals.approver_id is distinct from requests.requester_id as is_other
        from subjects
        inner join
            subject_requests as requests on subjects.subject_id = requests.subject_id
        inner join
            {{ ref("approvals") }} as approvals
            on requests.change_request_id = approvals.change_request_id
        where approvals.state = 'approved'
    ),
    approved as (
        select
            decided.subject_id,
            count(
                distinct case
                    when decided.was_before and decided.is_other
                    then decided.approver_id
                end
            ) as group_count,
            {# nobody approves for a board what he asked for himself #}
            bool_or(
                decided.was_before and decided.is_other and roles.role_name = 'cab'
            ) as has_board,
            bool_or(
                decided.was_before
                and decided.is_other
                and roles.role_name = 'executive'
            ) as has_executive,
            bool_or(
                (decided.was_before or decided.was_in_time)
                and decided.is_other
                and roles.role_name = 'ecab'
            ) as has_emergency_board,
            list(
                distinct 'approvals:' || decided.approval_id
                order by 'approvals:' || decided.approval_id
            ) as evidence
        from decided
        left join
            {{ ref("approver_roles") }} as roles
            on decided.approver_id = roles.person_id
            and {{ held_at("roles", "decided.decided_at") }}
        group by decided.subject_id
    ),
    stated_roles as (
        select
            count(case when role_name = 'cab' then 1 end) > 0 as has_board,
            count(case when role_name = 'executive' then 1 end) > 0 as has_executive,
            count(case when role_name = 'ecab' then 1 end) > 0 as has_emergency_board
        from {{ ref("approver_roles") }}
    ),
    template_uses as (
        select
            requests.template_name,
            requests.change_request_id,
            coalesce(requests.work_ended_at, requests.planned_end_at) as ended_at,
            coalesce(requests.close_code ilike 'unsuccessful%', false)
            or coalesce(facts.is_failed, false) as is_failed
        from {{ ref("change_requests") }} as requests
        left join
            {{ ref("change_risk_classes") }} as classes
            on requests.change_request_id = classes.change_request_id
        left join
            {{ ref("fct_deployments") }} as facts
            on classes.deployment_id = facts.deployment_id
        where
            requests.is_current
            and not requests.is_deleted
            and requests.template_name is not null
    ),
    recent_uses as (
        select
            subjects.subject_id,
            uses.is_failed,
            uses.change_request_id,
            row_number() over (
                partition by subjects.subject_id
                order by uses.ended_at desc, uses.change_request_id
            ) as place
        from subjects
        inner join
            subject_requests as requests on subjects.subject_id = requests.subject_id
        inner join
            template_uses as uses
            on requests.template_name = uses.template_name
            and uses.ended_at <= subjects.started_at
            and uses.change_request_id <> requests.change_request_id
        where requests.type = 'standard'
    ),
    template_failures as (
        select
            subject_id,
            count(*) as failure_count,
            list(
                'change_requests:' || change_request_id order by change_request_id
            ) as evidence
        from recent_uses
        where place <= {{ threshold("template_uses_looked_at") }} and is_failed
        group by subject_id
    ),
    catalogue as (
        select count(*) > 0 as is_stated from {{ ref("standard_change_templates") }}
    ),
    facts as (
        select
            subjects.*,
            requests.change_request_id,
            requests.number,
            requests.type as request_type,
            requests.template_name,
            templates.template_name is not null as is_listed,
            coalesce(
                templates.live_from_date <= cast(subjects.started_at as date), true
            )
            and coalesce(
                templates.live_until_date >= cast(subjects.started_at as date), true
            ) as is_live,
            catalogue.is_stated as has_catalogue,
            coalesce(template_failures.failure_count, 0) as template_failure_count,
            classes.risk,
            coalesce(reviewed.brought_count, 0) as brought_count,
            coalesce(reviewed.change_count, 0) as change_count,
            coalesce(reviewed.reviewed_count, 0) as reviewed_count,
            coalesce(approved.group_count, 0) as group_count,
            coalesce(approved.has_board, false) as has_board,
            coalesce(approved.has_executive, false) as has_executive,
            coalesce(approved.has_emergency_board, false) as has_emergency_board,
            stated_roles.has_board as knows_board,
            stated_roles.has_executive as knows_executive,
            stated_roles.has_emergency_board as knows_emergency_board,
            coalesce(approved.evidence, [])
            || coalesce(template_failures.evidence, []) as evidence
        from subjects
        cross join stated_roles
        cross join catalogue
        left join
            subject_requests as requests on subjects.subject_id = requests.subject_id
        left join
            {{ ref("standard_change_templates") }} as templates
            on requests.template_name = templates.template_name
        left join
            {{ ref("change_risk_classes") }} as classes
            on requests.change_request_id = classes.change_request_id
        left join reviewed on subjects.subject_id = reviewed.subject_id
        left join approved on subjects.subject_id = approved.subject_id
        left join
            template_failures on subjects.subject_id = template_failures.subject_id
    ),
    judged as (
        select
            *,
            case
                when change_request_id is null
                then 'no_change_request'
                when request_type = 'standard'
                then
                    case
                        when risk = 'high'
                        then 'standard_of_high_risk'
                        when
                            template_failure_count
                            > {{ threshold("template_failures_max") }}
                        then 'template_failed'
                        when template_name is null
                        then 'template_unstated'
                        when not has_catalogue
                        then 'catalogue_unstated'
                        when not is_listed
                        then 'template_unknown'
                        when not is_live
                        then 'template_not_live'
                        else 'standard_path'
                    end
                when request_type = 'normal'
                then
                    case
                        when reviewed_count < change_count
                        then 'no_peer_review'
                        when group_count = 0
                        then 'no_group_approval'
                        when brought_count = 0 and kind in ('forward', 'rework')
                        then 'changes_unknown'
                        when risk is null
                        then 'risk_unknown'
                        when risk = 'high' and not has_board and not knows_board
                        then 'roles_unstated'
                        when risk = 'high' and not has_board
                        then 'no_board_approval'
                        when
                            risk = 'high'
                            and coalesce(tier, 1) = 1
                            and not has_executive
                            and not knows_executive
                        then 'roles_unstated'
                        when
                            risk = 'high'
                            and coalesce(tier, 1) = 1
                            and not has_executive
                        then 'no_executive_approval'
                        else 'normal_path'
                    end
                when request_type = 'emergency'
                then
                    case
                        when has_emergency_board
                        then 'emergency_path'
                        when not knows_emergency_board
                        then 'roles_unstated'
                        when
                            not is_candidate
                            and started_at
                            + interval 1 hour
                            * {{ threshold("retro_approval_hours_max") }}
                            > {{ as_of() }}
                        then 'emergency_approval_due'
                        else 'no_emergency_board_approval'
                    end
                else 'type_unknown'
            end as reason_code
        from facts
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when reason_code in ('standard_path', 'normal_path', 'emergency_path')
        then 'pass'
        when
            reason_code in (
                'no_change_request',
                'template_unstated',
                'changes_unknown',
                'risk_unknown',
                'type_unknown'
            )
        then 'no_data'
        when reason_code in ('catalogue_unstated', 'roles_unstated')
        then 'inconclusive'
        when reason_code = 'emergency_approval_due'
        then 'warn'
        else 'fail'
    end as verdict,
    reason_code,
    coalesce(
        number || ' is ' || coalesce(request_type, 'of no type') || '; ',
        ''
    ) || case
        reason_code
        when 'no_change_request'
        then 'No change request is known for it, so no path either.'
        when 'standard_of_high_risk'
        then 'its risk is high, and a standard change is one of low risk.'
        when 'template_failed'
        then
            'of the last '
            || cast({{ threshold("template_uses_looked_at") }} as bigint)
            || ' uses of its template '
            || template_failure_count
            || ' failed.'
        when 'template_unstated'
        then 'its record names no template.'
        when 'catalogue_unstated'
        then 'which templates are live is not stated in the policy.'
        when 'template_unknown'
        then 'its template ' || template_name || ' is not in the policy.'
        when 'template_not_live'
        then 'its template ' || template_name || ' was not live then.'
        when 'no_peer_review'
        then
            reviewed_count
            || ' of '
            || change_count
            || ' changes were approved in review by somebody else.'
        when 'no_group_approval'
        then 'nobody but who asked for it approved it before it began.'
        when 'changes_unknown'
        then 'no change is known that it brought, so no review of one either.'
        when 'risk_unknown'
        then 'no engine gives its risk.'
        when 'no_board_approval'
        then 'its risk is high and no member of the board approved it before it began.'
        when 'no_executive_approval'
        then
            'its risk is high, its service is of tier 1 and no executive approved it before it began.'
        when 'roles_unstated'
        then 'who sits on the board or is an executive is not stated in the policy.'
        when 'no_emergency_board_approval'
        then 'no member of the emergency board approved it in time.'
        when 'emergency_approval_due'
        then 'the approval of the emergency board is still due.'
        when 'type_unknown'
        then 'a path is known for standard, normal and emergency changes only.'
        else 'it took the path that its type and risk ask for.'
    end as reason,
    case
        when change_request_id is null
        then []
        else ['change_requests:' || change_request_id] || evidence
    end as evidence,
    cast(
        case
            when request_type = 'standard' then template_failure_count else group_count
        end as double
    ) as value,
    cast(
        case
            when request_type = 'standard' then {{ threshold("template_failures_max") }}
        end as double
    ) as threshold
from judged
