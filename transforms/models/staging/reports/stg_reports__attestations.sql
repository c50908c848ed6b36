{{ config(kind="reports", stream="attestations", key=["attestation_key"]) }}

select
    attestation_key,
    subject_name,
    subject_digest,
    predicate_type,
    builder_id,
    build_type,
    nullif(external_parameters, 'null') as external_parameters,
    from_json(try_cast(key_ids as json), '["VARCHAR"]') as key_ids,
    signature_state,
    service_name,
    repository,
    commit_sha,
    {{ instant("created") }} as stated_created_at,
    {{ instant("database_updated") }} as database_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an attestation without key": "attestation_key is null",
                "an attestation without signature state": "signature_state is null",
            }
        )
    }}
from
    {{
        records(
            {
                "attestation_key": "$.attestation_key",
                "subject_name": "$.subject_name",
                "subject_digest": "$.subject_digest",
                "predicate_type": "$.predicate_type",
                "builder_id": "$.builder_id",
                "build_type": "$.build_type",
                "external_parameters": "$.external_parameters",
                "key_ids": "$.key_ids",
                "signature_state": "$.signature_state",
                "service_name": "$.service_name",
                "repository": "$.repository",
                "commit_sha": "$.commit_sha",
                "created": "$.created_at",
                "database_updated": "$.database_updated_at",
            }
        )
    }}
