{{
    config(
        kind="reports",
        stream="api_operations",
        key=["document_file", "operation_key"],
    )
}}

select
    document_file,
    document_digest,
    operation_key,
    api_title,
    api_version,
    path,
    method,
    operation_name,
    try_cast(is_deprecated as boolean) as is_deprecated,
    service_name,
    repository,
    commit_sha,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an operation without key": "operation_key is null",
                "an operation without document": "document_digest is null",
            }
        )
    }}
from
    {{
        records(
            {
                "document_file": "$.document_file",
                "document_digest": "$.document_digest",
                "operation_key": "$.operation_key",
                "api_title": "$.api_title",
                "api_version": "$.api_version",
                "path": "$.path",
                "method": "$.method",
                "operation_name": "$.operation_name",
                "is_deprecated": "$.is_deprecated",
                "service_name": "$.service_name",
                "repository": "$.repository",
                "commit_sha": "$.commit_sha",
            }
        )
    }}
