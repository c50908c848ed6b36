{# Of each requirement of a release six things have to be on record; evidence of another build is none. #}
{%- set cells = {
    "test": "test_name",
    "result": "result",
    "environment": "environment_name",
    "dataset": "dataset",
    "defect disposition": "defect_disposition",
    "approver": "approver_id",
} -%}
with
    deployed as (
        select
            service_id,
            version as release_version,
            list(distinct artifact_digest) as artifact_digests,
            min(started_at) as deployed_at
        from {{ ref("control_subjects") }}
        where version is not null
        group by service_id, version
    ),
    requirements as (
        select
            requirements.*,
            deployed.deployed_at,
            coalesce(
                requirements.artifact_digest is not null
                and not list_contains(
                    deployed.artifact_digests, requirements.artifact_digest
                ),
                false
            ) as is_of_another_build
        from {{ ref("evidence_requirements") }} as requirements
        left join
            deployed
            on requirements.service_id = deployed.service_id
            and requirements.release_version = deployed.release_version
    ),
    cells as (
        {%- for name, column in cells.items() %}
            select
                service_id,
                service_name,
                release_version,
                evidence_requirement_id,
                requirement_key,
                '{{ name }}' as cell,
                is_of_another_build,
                deployed_at,
                approved_at,
                read_at,
                not is_of_another_build
                and nullif(trim({{ column }}), '') is not null as is_filled
            from requirements
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    )
select
    coalesce(service_id, service_name, 'no service')
    || '@'
    || release_version as release_key,
    service_id,
    release_version,
    count(distinct evidence_requirement_id) as requirement_count,
    count(*) as cell_count,
    count(case when is_filled then 1 end) as filled_cell_count,
    count(case when is_filled then 1 end) / count(*)::double as filled_ratio,
    count(
        distinct case when is_of_another_build then evidence_requirement_id end
    ) as other_build_count,
    list_sort(
        list(case when not is_filled then requirement_key || ': ' || cell end) filter (
            where not is_filled
        )
    ) as missing_cells,
    list_sort(list(distinct evidence_requirement_id)) as evidence_requirement_ids,
    coalesce(min(deployed_at), max(approved_at), max(read_at)) as occurred_at
from cells
where release_version is not null
group by
    coalesce(service_id, service_name, 'no service') || '@' || release_version,
    service_id,
    release_version
