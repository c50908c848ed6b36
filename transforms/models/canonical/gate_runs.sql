{# Names are compared with patterns once, not for every run. #}
with
    records as (select * from {{ ref("int_gate_records") }}),
    names as (
        select distinct records.origin, records.name, gates.gate
        from
            (
                select distinct origin, name from records where name is not null
            ) as records
        inner join
            {{ ref("required_gates") }} as gates
            on regexp_full_match(
                records.name, {{ gate_pattern("records.origin", "gates") }}, 'i'
            )
    ),
    repositories as (
        select service_id, min(repository) as repository
        from {{ ref("service_repositories") }}
        group by service_id
        having count(distinct repository) = 1
    )
select
    names.gate || ':' || records.evidence || ':' || records.name as gate_run_id,
    names.gate,
    records.name as part,
    records.origin,
    records.evidence,
    records.service_id,
    coalesce(records.repository, repositories.repository) as repository,
    records.commit_sha,
    records.artifact_digest,
    records.pipeline_run_id,
    records.status,
    records.source_url,
    records.attempt,
    records.is_soft_fail,
    records.has_failed_attempt,
    records.started_at,
    records.finished_at,
    records.source
from records
inner join names on records.origin = names.origin and records.name = names.name
left join repositories on records.service_id = repositories.service_id
