with
    documents as (
        select * from {{ newest("stg_reports__documents", "source, document_file") }}
    ),
    things as (
        select *
        from
            {{
                newest(
                    "stg_reports__api_operations",
                    "source, document_file, operation_key",
                )
            }}
    )
select
    things.source
    || ':'
    || things.document_file
    || '#'
    || things.operation_key as operation_key,
    things.document_file,
    things.api_title,
    things.api_version,
    things.path,
    things.method,
    things.operation_name,
    things.is_deprecated,
    things.service_name,
    things.repository,
    things.commit_sha,
    things.source,
    things.page_id,
    things.ordinal,
    things.read_at
from things
inner join documents using (source, document_file, document_digest)
