select
    source || ':' || record_id as scan_id,
    kind,
    name as tool,
    service_name,
    repository,
    commit_sha,
    artifact_digest,
    finished_at as scanned_at,
    updated_at as database_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'scans'
