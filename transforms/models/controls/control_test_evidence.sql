{{ control(subject="release") }}
with
    releases as (select * from {{ ref("evidence_completeness") }}),
    services as (select service_id, team_id from {{ ref("services") }}),
    limited as (select {{ threshold("test_evidence_ratio_min") }} as least_ratio)
select
    releases.release_key as subject_id,
    releases.service_id,
    services.team_id,
    cast(null as varchar) as environment_id,
    releases.occurred_at,
    case
        when releases.filled_ratio >= limited.least_ratio then 'pass' else 'fail'
    end as verdict,
    case
        when releases.filled_ratio >= limited.least_ratio
        then 'complete'
        when releases.other_build_count > 0
        then 'evidence_of_another_build'
        else 'cells_missing'
    end as reason_code,
    releases.filled_cell_count
    || ' of '
    || releases.cell_count
    || ' things are on record'
    || case
        when len(releases.missing_cells) > 0
        then
            '; missing are '
            || array_to_string(list_slice(releases.missing_cells, 1, 20), ', ')
            || case
                when len(releases.missing_cells) > 20
                then ' and ' || (len(releases.missing_cells) - 20) || ' more'
                else ''
            end
        else ''
    end
    || '.' as reason,
    list_transform(
        releases.evidence_requirement_ids, lambda one:'evidence_requirements:' || one
    ) as evidence,
    releases.filled_ratio as value,
    limited.least_ratio as threshold
from releases
left join services on releases.service_id = services.service_id
cross join limited
