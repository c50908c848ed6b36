{# What is known of each required gate when a production deployment began, gate by gate. #}
with subjects as (select * from {{ deployment_subjects() }}), {{ gate_outcomes() }}
select
    outcomes.subject_id || ':' || outcomes.gate as deployment_gate_id,
    outcomes.subject_id as deployment_id,
    outcomes.service_id,
    subjects.team_id,
    subjects.environment_id,
    outcomes.gate,
    outcomes.outcome,
    outcomes.outcome in (
        'failed',
        'soft_fail',
        'manual_override',
        'skipped',
        'wrong_digest',
        'after_the_fact'
    ) as is_bypass,
    outcomes.evidence,
    outcomes.started_at,
    outcomes.gate_finished_at,
    outcomes.first_failed_at
from outcomes
inner join subjects on outcomes.subject_id = subjects.subject_id
