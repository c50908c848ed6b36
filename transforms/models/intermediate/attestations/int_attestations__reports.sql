select
    source || ':' || attestation_key as attestation_id,
    subject_name,
    subject_digest,
    predicate_type,
    builder_id,
    build_type,
    external_parameters,
    key_ids,
    signature_state,
    service_name,
    repository,
    commit_sha,
    stated_created_at as created_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_reports__attestations", "source, attestation_key") }}
