select
    source || ':' || record_id as exemption_id,
    control_ids,
    subject_type,
    subject_id,
    reason,
    person_id as granted_by_id,
    approver_id,
    second_approver_id,
    granted_at,
    expires_at,
    incident_key as incident_id,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'exemptions'
