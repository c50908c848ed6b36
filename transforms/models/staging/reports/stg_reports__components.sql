{{
    config(
        kind="reports", stream="components", key=["document_file", "component_key"]
    )
}}

select
    document_file,
    document_digest,
    component_key,
    format,
    component_type,
    name,
    version,
    purl,
    licence,
    artifact_digest,
    service_name,
    repository,
    commit_sha,
    {{ instant("created") }} as stated_created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a component without key": "component_key is null",
                "a component without name": "name is null",
                "a component without document": "document_digest is null",
            }
        )
    }}
from
    {{
        records(
            {
                "document_file": "$.document_file",
                "document_digest": "$.document_digest",
                "component_key": "$.component_key",
                "format": "$.format",
                "component_type": "$.component_type",
                "name": "$.name",
                "version": "$.version",
                "purl": "$.purl",
                "licence": "$.licence",
                "artifact_digest": "$.artifact_digest",
                "service_name": "$.service_name",
                "repository": "$.repository",
                "commit_sha": "$.commit_sha",
                "created": "$.created_at",
            }
        )
    }}
