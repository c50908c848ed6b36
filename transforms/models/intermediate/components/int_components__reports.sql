{# What a document listed before and no longer does is in its earlier versions only. #}
with
    documents as (
        select * from {{ newest("stg_reports__documents", "source, document_file") }}
    ),
    things as (
        select *
        from
            {{
                newest(
                    "stg_reports__components", "source, document_file, component_key"
                )
            }}
    )
select
    things.source
    || ':'
    || things.document_file
    || '#'
    || things.component_key as component_key,
    things.document_file,
    things.format,
    things.component_type,
    things.name,
    things.version,
    things.purl,
    things.licence,
    things.artifact_digest,
    things.service_name,
    things.repository,
    things.commit_sha,
    things.stated_created_at as created_at,
    things.source,
    things.page_id,
    things.ordinal,
    things.read_at
from things
inner join documents using (source, document_file, document_digest)
