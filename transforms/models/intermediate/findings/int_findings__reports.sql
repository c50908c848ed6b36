{#
  A finding is what the newest file of its series that has it says. Where a newer file of a run
  that succeeded no longer has it, it was fixed by then.
#}
with
    documents as (
        select *, coalesce(stated_created_at, read_at) as made_at
        from {{ newest("stg_reports__documents", "source, document_file") }}
    ),
    latest_documents as (
        select *
        from documents
        where is_complete
        qualify
            row_number() over (
                partition by source, document_series
                order by made_at desc, read_at desc, document_file desc
            )
            = 1
    ),
    tellings as (
        select
            *,
            coalesce(stated_created_at, read_at) as made_at,
            min(coalesce(stated_first_seen_at, stated_created_at, read_at)) over (
                partition by source, document_series, finding_key
            ) as first_seen_at,
            row_number() over (
                partition by source, document_series, finding_key
                order by
                    coalesce(stated_created_at, read_at) desc,
                    read_at desc,
                    document_file desc,
                    page_id desc,
                    ordinal desc
            ) as newest_first
        from {{ ref("stg_reports__findings") }}
        where read_at <= {{ as_of() }}
    ),
    findings as (
        select
            tellings.*,
            latest.made_at as gone_at,
            latest.document_digest is not null
            and latest.document_digest <> tellings.document_digest
            and latest.made_at >= tellings.made_at as is_gone
        from tellings
        left join
            latest_documents as latest
            on tellings.source = latest.source
            and tellings.document_series = latest.document_series
        where tellings.newest_first = 1
    )
select
    source || ':' || document_series || ':' || finding_key as finding_id,
    tool,
    category,
    rule_id,
    title,
    severity,
    cvss_score,
    cve_id,
    package_name,
    package_version,
    fixed_version,
    file_path,
    line_number,
    service_name,
    repository,
    commit_sha,
    artifact_digest,
    layer_digests,
    base_image,
    case when is_gone then 'fixed' else state end as state,
    justification,
    first_seen_at,
    case when is_gone then gone_at else stated_fixed_at end as fixed_at,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from findings
