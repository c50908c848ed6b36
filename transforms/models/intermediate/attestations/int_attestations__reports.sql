select
    source || ':' || attestation_key as attestation_id,
    subject_name,
    subject_digest,
    predicate_type,
    builder_id,
    key_ids,
    signature_state,
    service_name,
    repository,
    commit_sha,
    stated_created_at as created_at,
    database_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_reports__attestations", "source, attestation_key") }}
