{# How ready each production deployment was when it began, and whether it failed. #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ readiness("control_readiness_review") }}
select
    readiness.subject_id as deployment_id,
    readiness.service_id,
    readiness.team_id,
    readiness.environment_id,
    readiness.decision,
    readiness.gaps,
    readiness.not_asked as not_asked_items,
    readiness.vetoes,
    readiness.missing_roles,
    readiness.item_count,
    readiness.role_count,
    readiness.given_count as approved_role_count,
    readiness.other_approval_count,
    readiness.score,
    readiness.given_count >= readiness.role_count as has_quorum,
    facts.is_failed,
    readiness.started_at
from readiness
inner join
    {{ ref("fct_deployments") }} as facts on readiness.subject_id = facts.deployment_id
where readiness.decision is not null
