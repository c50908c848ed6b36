select
    source || ':' || record_id as artifact_id,
    name as artifact_name,
    version,
    tag,
    artifact_digest,
    registry,
    index_digest,
    branch,
    commit_sha,
    repository,
    service_name,
    pushed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'artifacts'
