{# A statement of a scan is a scan, unless its signature is a wrong one. #}
select
    'attestation:' || source || ':' || attestation_key as scan_id,
    'dependency' as kind,
    builder_id as tool,
    service_name,
    repository,
    commit_sha,
    subject_digest as artifact_digest,
    coalesce(stated_created_at, read_at) as scanned_at,
    database_updated_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_reports__attestations", "source, attestation_key") }}
where
    starts_with(predicate_type, 'https://in-toto.io/attestation/vulns/')
    and signature_state <> 'invalid'
