{# What the control of separate duties finds, one row a finding that is certain, with who is concerned. #}
with subjects as (select * from {{ deployment_subjects() }}), {{ duty_findings() }}
select
    duty_findings.subject_id as deployment_id,
    subjects.service_id,
    subjects.team_id,
    duty_findings.finding as violation,
    duty_findings.finding_order as violation_order,
    duty_findings.change_id,
    duty_findings.person_ids,
    duty_findings.reason,
    duty_findings.evidence,
    subjects.started_at
from duty_findings
inner join subjects on duty_findings.subject_id = subjects.subject_id
where duty_findings.is_certain
