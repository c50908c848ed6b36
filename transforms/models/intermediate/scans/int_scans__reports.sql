{# A report of a scanner is a scan, whatever it found; a run that failed is none. #}
with
    documents as (
        select
            *,
            case
                format
                when 'trivy'
                then ['dependency', 'image']
                when 'sarif'
                then ['static_analysis']
                when 'cyclonedx'
                then ['bill_of_materials']
                when 'spdx'
                then ['bill_of_materials']
            end as kinds
        from {{ newest("stg_reports__documents", "source, document_file") }}
        where is_complete
    ),
    documents_by_kind as (select *, unnest(kinds) as kind from documents)
select
    concat_ws(':', 'report', source, document_digest, kind) as scan_id,
    kind,
    tool,
    service_name,
    repository,
    commit_sha,
    artifact_digest,
    coalesce(stated_created_at, read_at) as scanned_at,
    source,
    page_id,
    ordinal,
    read_at
from documents_by_kind
