{{ config(kind="reports", stream="findings", key=["document_series", "finding_key"]) }}

select
    document_file,
    document_digest,
    document_series,
    finding_key,
    tool,
    category,
    rule_id,
    title,
    severity,
    try_cast(score as double) as cvss_score,
    cve_id,
    package_name,
    package_version,
    fixed_version,
    file_path,
    try_cast(line as bigint) as line_number,
    service_name,
    repository,
    commit_sha,
    artifact_digest,
    try_cast(try_cast(layers as json) as varchar[]) as layer_digests,
    base_image,
    state,
    justification,
    {{ instant("first_seen") }} as stated_first_seen_at,
    {{ instant("fixed") }} as stated_fixed_at,
    {{ instant("created") }} as stated_created_at,
    source_url,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a finding without key": "finding_key is null",
                "a finding without document": "document_digest is null",
                "a finding whose line is no number": "line is not null and try_cast(line as bigint) is null",
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
                "finding_key": "$.finding_key",
                "tool": "$.tool",
                "category": "$.category",
                "rule_id": "$.rule_id",
                "title": "$.title",
                "severity": "$.severity",
                "score": "$.cvss_score",
                "cve_id": "$.cve_id",
                "package_name": "$.package_name",
                "package_version": "$.package_version",
                "fixed_version": "$.fixed_version",
                "file_path": "$.file_path",
                "service_name": "$.service_name",
                "repository": "$.repository",
                "commit_sha": "$.commit_sha",
                "artifact_digest": "$.artifact_digest",
                "layers": "$.layer_digests",
                "base_image": "$.base_image",
                "state": "$.state",
                "justification": "$.justification",
                "source_url": "$.source_url",
                "line": "$.line_number",
                "first_seen": "$.first_seen_at",
                "fixed": "$.fixed_at",
                "created": "$.created_at",
            }
        )
    }}
