{#
  Every deployment that went the emergency way, under an emergency change or an exemption for an
  incident, with what was asked of it: an incident, a grant that held, a granter who may, an approval,
  a review, a whole trail, and the tests that were left out.
#}
{%- set far = "timestamp '9999-01-01'" -%}
with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ request_of_subjects() }},
    matching as (
        select
            subjects.subject_id,
            exemptions.exemption_id,
            exemptions.granted_by_id,
            exemptions.granted_at,
            exemptions.expires_at,
            exemptions.incident_id,
            case
                when
                    subjects.started_at >= exemptions.granted_at
                    and subjects.started_at < exemptions.expires_at
                then 1
                when subjects.started_at >= exemptions.expires_at
                then 2
                else 3
            end as preference
        from subjects
        left join
            subject_requests as requests on subjects.subject_id = requests.subject_id
        inner join
            {{ ref("exemptions") }} as exemptions
            on (
                exemptions.subject_type = 'deployment'
                and exemptions.subject_id = subjects.subject_id
            )
            or (
                exemptions.subject_type = 'change_request'
                and exemptions.subject_id
                in (requests.change_request_id, requests.number)
            )
            or (
                exemptions.subject_type = 'service'
                and exemptions.subject_id = subjects.service_id
            )
        where
            requests.type = 'emergency'
            or (
                exemptions.incident_id is not null
                and subjects.started_at >= exemptions.granted_at
                and subjects.started_at < exemptions.expires_at
            )
    ),
    granted as (
        {# the one that holds; else the last that has expired; else the first that came too late #}
        select *
        from matching
        qualify
            row_number() over (
                partition by subject_id
                order by
                    preference,
                    case
                        when preference < 3
                        then {{ seconds_between("granted_at", far) }}
                    end,
                    granted_at,
                    exemption_id
            )
            = 1
    ),
    roles as (
        select distinct person_id, held_from_at, held_to_at
        from {{ ref("approver_roles") }}
        where role_name in ('ecab', 'executive', 'override', 'exemption')
    ),
    approvers as (
        select distinct person_id, held_from_at, held_to_at
        from {{ ref("approver_roles") }}
        where role_name in ('cab', 'ecab', 'executive', 'override')
    ),
    stated_roles as (select count(*) > 0 as is_stated from roles),
    authors as (
        select distinct
            facts.deployment_id as subject_id, commits.author_id as person_id
        from {{ ref("fct_changes") }} as facts
        inner join
            {{ ref("change_commits") }} as commits
            on facts.change_id = commits.change_id
        where not commits.is_merge
        union
        select deployment_id, author_id
        from {{ ref("fct_changes") }}
        union
        select subject_id, actor_id
        from subjects
    ),
    decisions as (
        select
            requests.subject_id,
            approvals.approval_id,
            approvals.approver_id,
            approvals.decided_at,
            exists (
                select 1
                from approvers
                where
                    approvals.approver_id = approvers.person_id
                    and {{ held_at("approvers", "approvals.decided_at") }}
            ) as is_authorised,
            authors.person_id is not null as took_part
        from subject_requests as requests
        inner join
            {{ ref("approvals") }} as approvals
            on requests.change_request_id = approvals.change_request_id
        left join
            authors
            on requests.subject_id = authors.subject_id
            and approvals.approver_id = authors.person_id
        where approvals.state = 'approved' and approvals.decided_at is not null
    ),
    uses as (
        select
            subjects.*,
            coalesce(subjects.finished_at, subjects.started_at) as ended_at,
            requests.change_request_id,
            requests.number,
            requests.title,
            requests.requester_id,
            granted.exemption_id,
            granted.incident_id as stated_incident_id
        from subjects
        left join
            subject_requests as requests on subjects.subject_id = requests.subject_id
        left join granted on subjects.subject_id = granted.subject_id
        where requests.type = 'emergency' or granted.preference = 1
    ),
    approved_before as (
        {# an approval beforehand is a grant too; it states no end and holds for the usual time #}
        select
            uses.subject_id,
            min(decisions.decided_at) as granted_at,
            min(decisions.decided_at)
            + interval 1 hour
            * {{ threshold("emergency_hours_default") }} as expires_at,
            arg_min(decisions.approver_id, decisions.decided_at) as granted_by_id
        from uses
        inner join
            decisions
            on uses.subject_id = decisions.subject_id
            and decisions.decided_at <= uses.started_at
        group by uses.subject_id
    ),
    grants as (
        {# an exemption that does not hold is no worse than none where an approval does #}
        select
            uses.subject_id,
            case
                when offered.is_exemption
                then granted.granted_at
                else approved_before.granted_at
            end as granted_at,
            case
                when offered.is_exemption
                then granted.expires_at
                else approved_before.expires_at
            end as expires_at,
            case
                when offered.is_exemption
                then granted.granted_by_id
                else approved_before.granted_by_id
            end as granted_by_id
        from uses
        left join granted on uses.subject_id = granted.subject_id
        left join approved_before on uses.subject_id = approved_before.subject_id
        cross join
            lateral(
                select
                    granted.subject_id is not null
                    and (
                        granted.preference = 1
                        or coalesce(approved_before.expires_at <= uses.started_at, true)
                    ) as is_exemption
            ) as offered
    ),
    open_incidents as (
        select uses.subject_id, min(incidents.incident_id) as incident_id
        from uses
        inner join
            {{ ref("incident_services") }} as services
            on uses.service_id = services.service_id
        inner join
            {{ ref("fct_incidents") }} as incidents
            on services.incident_id = incidents.incident_id
            and incidents.severity <= {{ threshold("emergency_severity_max") }}
            and coalesce(incidents.impact_started_at, incidents.detected_at)
            <= uses.started_at
            and coalesce(
                incidents.restored_at
                + interval 1 minute * {{ threshold("emergency_grace_minutes") }},
                {{ far }}
            )
            > uses.started_at
        group by uses.subject_id
    ),
    approved as (
        select
            uses.subject_id,
            min(decisions.decided_at) as approved_at,
            arg_min(decisions.approval_id, decisions.decided_at) as approval_id
        from uses
        inner join
            decisions
            on uses.subject_id = decisions.subject_id
            and not decisions.took_part
        cross join stated_roles
        where decisions.is_authorised or not stated_roles.is_stated
        group by uses.subject_id
    ),
    reviews as (
        select
            uses.subject_id,
            min(coalesce(records.published_at, records.held_at)) as reviewed_at,
            arg_min(
                records.review_record_id,
                coalesce(records.published_at, records.held_at)
            ) as review_record_id
        from uses
        inner join
            {{ ref("review_records") }} as records
            on records.kind in ('post_implementation', 'post_mortem')
            and (
                (
                    records.subject_type = 'deployment'
                    and records.subject_id = uses.subject_id
                )
                or (
                    records.subject_type = 'change_request'
                    and records.subject_id in (uses.change_request_id, uses.number)
                )
                or (
                    records.subject_type = 'incident'
                    and records.subject_id = uses.stated_incident_id
                )
            )
        {# what was written before it cannot be about it, what is still planned was not held #}
        where
            coalesce(records.published_at, records.held_at) >= uses.started_at
            and coalesce(records.published_at, records.held_at) <= {{ as_of() }}
        group by uses.subject_id
    ),
    debts as (
        select
            reviews.subject_id,
            count(case when items.closed_at is null then 1 end) as open_count,
            bool_or(
                items.closed_at is null and items.due_at < {{ as_of() }}
            ) as is_overdue
        from reviews
        inner join
            {{ ref("action_items") }} as items
            on reviews.review_record_id = items.review_record_id
        where items.kind ilike '%backfill%'
        group by reviews.subject_id
    ),
    requesters as (
        select
            subject_id,
            count(*) over (
                partition by requester_id
                order by
                    started_at range between interval 90 days preceding and current row
            ) as requester_use_count,
            started_at - lag(coalesce(finished_at, started_at)) over (
                partition by service_id order by started_at, subject_id
            )
            < interval 1 hour * {{ threshold("emergency_hours_max") }} as is_chained
        from uses
    ),
    checked as (
        select
            uses.*,
            grants.granted_at,
            grants.expires_at,
            grants.granted_by_id,
            open_incidents.incident_id,
            approved.approved_at,
            approved.approval_id,
            reviews.reviewed_at,
            reviews.review_record_id,
            case
                when uses.requester_id is not null then requesters.requester_use_count
            end as requester_use_count,
            coalesce(requesters.is_chained, false) as is_chained,
            case
                when open_incidents.incident_id is null
                then 'no_incident'
                else 'incident_open'
            end as incident_check,
            case
                when grants.granted_at is null
                then 'no_grant'
                when uses.started_at < grants.granted_at
                then 'granted_after'
                when uses.started_at >= grants.expires_at
                then 'expired_use'
                when
                    grants.expires_at
                    > grants.granted_at
                    + interval 1 hour * {{ threshold("emergency_hours_max") }}
                then 'grant_too_long'
                else 'within_grant'
            end as grant_check,
            case
                when grants.granted_by_id is null
                then 'granter_unknown'
                when participants.person_id is not null
                then 'granter_took_part'
                when not stated_roles.is_stated
                then 'roles_unstated'
                when
                    not exists (
                        select 1
                        from roles
                        where
                            grants.granted_by_id = roles.person_id
                            and {{ held_at("roles", "grants.granted_at") }}
                    )
                then 'granter_not_authorised'
                else 'granter_authorised'
            end as granter_check,
            case
                when approved.approved_at <= uses.started_at
                then 'approved_before'
                when
                    approved.approved_at
                    <= uses.ended_at
                    + interval 1 hour * {{ threshold("retro_approval_hours_max") }}
                then
                    case
                        when stated_roles.is_stated
                        then 'approved_after'
                        else 'roles_unstated'
                    end
                when approved.approved_at is not null
                then 'approval_late'
                when
                    uses.ended_at
                    + interval 1 hour * {{ threshold("retro_approval_hours_max") }}
                    > {{ as_of() }}
                then 'approval_due'
                else 'approval_missing'
            end as approval_check,
            case
                when
                    reviews.reviewed_at
                    <= uses.ended_at
                    + interval 1 hour * {{ threshold("emergency_review_hours_max") }}
                then 'reviewed'
                when reviews.reviewed_at is not null
                then 'review_late'
                when
                    uses.ended_at
                    + interval 1 hour * {{ threshold("emergency_review_hours_max") }}
                    > {{ as_of() }}
                then 'review_due'
                else 'review_missing'
            end as review_check,
            list_filter(
                [
                    case
                        when
                            uses.change_request_id is null and uses.exemption_id is null
                        then 'request'
                    end,
                    case
                        when uses.title is null and exemptions.reason is null
                        then 'reason'
                    end,
                    case when uses.commit_sha is null then 'commit' end,
                    case when uses.artifact_digest is null then 'digest' end,
                    case when uses.actor_id is null then 'person' end,
                    case
                        when uses.status in ('in_progress', 'planned') then 'outcome'
                    end
                ],
                lambda one:one is not null
            ) as missing_parts,
            case
                when debts.is_overdue
                then 'debt_open'
                when debts.open_count = 0
                then 'debt_paid'
                when debts.open_count > 0
                then 'debt_due'
                when details.failed_test_count > 0
                then 'tests_failed'
                when details.test_count > 0
                then 'debt_paid'
                when
                    uses.ended_at
                    + interval 1 hour * {{ threshold("emergency_review_hours_max") }}
                    > {{ as_of() }}
                then 'debt_due'
                else 'tests_unknown'
            end as debt_check
        from uses
        cross join stated_roles
        inner join grants on uses.subject_id = grants.subject_id
        inner join requesters on uses.subject_id = requesters.subject_id
        left join
            {{ ref("exemptions") }} as exemptions
            on uses.exemption_id = exemptions.exemption_id
        left join open_incidents on uses.subject_id = open_incidents.subject_id
        left join approved on uses.subject_id = approved.subject_id
        left join reviews on uses.subject_id = reviews.subject_id
        left join debts on uses.subject_id = debts.subject_id
        left join
            authors as participants
            on uses.subject_id = participants.subject_id
            and grants.granted_by_id = participants.person_id
        left join
            {{ ref("deployment_details") }} as details
            on uses.subject_id = details.deployment_id
    ),
    listed as (
        select
            *,
            case
                when len(missing_parts) = 0
                then 'trail_complete'
                else 'trail_incomplete'
            end as trail_check
        from checked
    )
select
    subject_id as deployment_id,
    service_id,
    team_id,
    environment_id,
    change_request_id,
    number as change_request_number,
    exemption_id,
    coalesce(stated_incident_id, incident_id) as incident_id,
    requester_id,
    granted_by_id,
    {%- for check in (
        "incident",
        "grant",
        "granter",
        "approval",
        "review",
        "trail",
        "debt",
    ) %}
        {{ check }}_check,
        {{ emergency_verdict(check ~ "_check") }} as {{ check }}_verdict,
    {%- endfor %}
    missing_parts,
    approval_id,
    review_record_id,
    requester_use_count,
    requester_use_count
    >= {{ threshold("emergency_repeat_uses") }} as is_repeat_requester,
    is_chained,
    granted_at,
    expires_at,
    started_at,
    finished_at,
    approved_at,
    reviewed_at
from listed
