select
    source || ':' || record_id as evidence_requirement_id,
    item_key as requirement_key,
    version as release_version,
    service_name,
    covering_test as test_name,
    result,
    environment_name,
    dataset,
    defect_disposition,
    approver_id,
    artifact_digest,
    approved_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'evidence_requirements'
