{#
  Every content of a file is a measurement of its own; one whose file states no instant was there at
  the latest when it was read.
#}
select
    source
    || ':'
    || document_file
    || ':'
    || left(document_digest, 16)
    || ':'
    || metric as measure_id,
    tool,
    metric,
    value,
    unit,
    verdict,
    threshold,
    service_name,
    repository,
    branch,
    commit_sha,
    coalesce(stated_created_at, read_at) as measured_at,
    source,
    page_id,
    ordinal,
    read_at
from
    {{
        newest(
            "stg_reports__quality_measures",
            "source, document_file, document_digest, metric",
        )
    }}
