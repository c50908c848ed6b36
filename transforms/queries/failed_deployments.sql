-- title: Failed deployments and how they were repaired
-- question: Which deployments failed lately, how do we know, and how long did the
-- repair take?
-- asked by: release manager
-- topic: Failures
select
    service_id,
    version,
    failed_at,
    failure_evidence,
    failure_evidence_detail,
    recovered_at,
    recovery_seconds / 3600 as recovery_hours,
    is_recovery_open,
    incident_count,
    source_url
from fct_deployments
where is_failed and exclusion_reason is null
order by failed_at desc
limit 200
