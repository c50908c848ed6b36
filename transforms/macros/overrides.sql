{#
  CTEs over `subjects` (macros/control.sql): who approved beforehand that each may be deployed when
  it otherwise may not. `approved` has subject_id, approver_count and evidence. One approval counts
  for its time only, with a reason and a link, never of who wrote or deploys it; of two people of
  whom one stands in for the other, who approved first counts.
#}
{% macro override_approvals_of_subjects() -%}
{{ authors_of_subjects() }},
voices as (
    select
        subjects.subject_id,
        approvals.approver_id,
        min(approvals.approved_at) as approved_at,
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
        and approvals.approved_at >= subjects.started_at
        - to_seconds(cast({{ threshold("override_hours_max") }} * 3600 as bigint))
        and (
            approvals.withdrawn_at is null
            or approvals.withdrawn_at > subjects.started_at
        )
    inner join
        {{ ref("approver_roles") }} as roles
        on roles.role_name = 'override'
        and approvals.approver_id = roles.person_id
        and {{ held_at("roles", "approvals.approved_at") }}
    left join
        authors
        on subjects.subject_id = authors.subject_id
        and approvals.approver_id = authors.author_id
    where
        approvals.approver_id is distinct from subjects.actor_id
        and authors.author_id is null
        and coalesce(trim(approvals.reason), '') <> ''
        and coalesce(trim(approvals.link), '') <> ''
    group by subjects.subject_id, approvals.approver_id
),
stand_ins as (
    select person_id, delegate_id, held_from_at, held_to_at
    from {{ ref("delegates") }}
    union
    select delegate_id, person_id, held_from_at, held_to_at
    from {{ ref("delegates") }}
),
same_voices as (
    select distinct later.subject_id, later.approver_id
    from voices as later
    inner join
        stand_ins
        on later.approver_id = stand_ins.person_id
        and {{ held_at("stand_ins", "later.approved_at") }}
    inner join
        voices as earlier
        on later.subject_id = earlier.subject_id
        and stand_ins.delegate_id = earlier.approver_id
        and (earlier.approved_at, earlier.approver_id) < (later.approved_at, later.approver_id)
),
approved as (
    select
        voices.subject_id,
        count(case when same_voices.approver_id is null then 1 end) as approver_count,
        count(same_voices.approver_id) as delegate_count,
        list_sort(flatten(list(voices.evidence))) as evidence
    from voices
    left join
        same_voices
        on voices.subject_id = same_voices.subject_id
        and voices.approver_id = same_voices.approver_id
    group by voices.subject_id
)
{%- endmacro %}

{#
  CTEs over `subjects`, the last of them `unfrozen`: whether the risk is low (null: not known) and
  enough people approved, which together let one begin in a freeze. No row where the policy does not
  allow it. A deployment's own score counts, else the highest of its change requests.
#}
{% macro low_risk_unfreezes() -%}
{{ linked_requests() }},
{{ override_approvals_of_subjects() }},
scored as (
    select
        subjects.subject_id,
        risks.subject_kind = 'deployment' as is_own,
        risks.risk,
        risks.percentile,
        'risk_scores:'
        || risks.subject_kind
        || ':'
        || risks.subject_id
        || '@'
        || risks.service_id as evidence
    from subjects
    inner join
        {{ ref("risk_scores") }} as risks
        on subjects.service_id = risks.service_id
        and risks.subject_kind = 'deployment'
        and subjects.subject_id = risks.subject_id
    union all
    select
        subjects.subject_id,
        false,
        risks.risk,
        risks.percentile,
        'risk_scores:change_request:' || risks.subject_id || '@' || risks.service_id
    from subjects
    inner join request_matches on subjects.subject_id = request_matches.subject_id
    inner join
        {{ ref("risk_scores") }} as risks
        on subjects.service_id = risks.service_id
        and risks.subject_kind = 'change_request'
        and request_matches.change_request_id = risks.subject_id
),
risks as (
    select
        scored.subject_id,
        arg_max(
            scored,
            (
                scored.is_own,
                coalesce(scored.percentile, 1),
                {{ risk_order("scored.risk") }},
                scored.evidence
            )
        ) as score
    from scored
    group by scored.subject_id
),
unfrozen as (
    select
        subjects.subject_id,
        case
            when card.is_used
            then risks.score.percentile <= {{ threshold("freeze_low_risk_percentile_max") }}
            else risks.score.risk = 'low'
        end as is_low_risk,
        coalesce(approved.approver_count, 0) as approver_count,
        coalesce(approved.approver_count, 0) >= {{ threshold("override_approvers_min") }} as is_approved,
        [risks.score.evidence] || coalesce(approved.evidence, []) as evidence
    from subjects
    cross join {{ ref("risk_model_card") }} as card
    left join risks on subjects.subject_id = risks.subject_id
    left join approved on subjects.subject_id = approved.subject_id
    where {{ threshold("freeze_low_risk_allowed") }} = 1
)
{%- endmacro %}
