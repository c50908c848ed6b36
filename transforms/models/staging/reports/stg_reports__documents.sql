{{ config(kind="reports", stream="documents", key=["document_file"]) }}

select
    document_file,
    document_digest,
    document_series,
    format,
    tool,
    service_name,
    repository,
    commit_sha,
    artifact_digest,
    try_cast(is_complete as boolean) as is_complete,
    {{ instant("created") }} as stated_created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a document without file": "document_file is null",
                "a document without digest": "document_digest is null",
            }
        )
    }}
from
    {{
        records(
            {
                "document_file": "$.document_file",
                "document_digest": "$.document_digest",
                "document_series": "$.document_series",
                "format": "$.format",
                "tool": "$.tool",
                "service_name": "$.service_name",
                "repository": "$.repository",
                "commit_sha": "$.commit_sha",
                "artifact_digest": "$.artifact_digest",
                "is_complete": "$.is_complete",
                "created": "$.created_at",
            }
        )
    }}
