{{ control(subject="artifact") }}

with
    sightings as (
        {# every reading counts, not the newest alone: a tag that moved is read with another digest #}
        select
            source,
            coalesce(registry, '') as registry,
            coalesce(name, service_name) as artifact_name,
            coalesce(tag, version) as tag,
            {# the platforms of one index are one artifact #}
            coalesce(index_digest, artifact_digest) as artifact_digest,
            service_name,
            source || ':' || record_id as artifact_id,
            coalesce(pushed_at, read_at) as seen_at
        from {{ ref("stg_files__rows") }}
        where entity = 'artifacts' and read_at <= {{ as_of() }}
    ),
    tags as (
        select
            registry,
            artifact_name,
            tag,
            min(service_name) as service_name,
            count(distinct artifact_digest) - 1 as mutation_count,
            max(seen_at) as seen_at,
            list(
                distinct 'artifacts:' || artifact_id
                order by 'artifacts:' || artifact_id
            ) as evidence
        from sightings
        where
            tag is not null
            and lower(tag) <> 'latest'
            and artifact_name is not null
            and artifact_digest is not null
        group by registry, artifact_name, tag
    )
select
    concat_ws('/', nullif(tags.registry, ''), tags.artifact_name)
    || ':'
    || tags.tag as subject_id,
    aliases.service_id,
    ownership.team_id,
    cast(null as varchar) as environment_id,
    tags.seen_at as occurred_at,
    case when tags.mutation_count > limits.most then 'fail' else 'pass' end as verdict,
    case
        when tags.mutation_count > limits.most then 'tag_moved' else 'one_digest'
    end as reason_code,
    case
        when tags.mutation_count > 0
        then
            'Tag '
            || tags.tag
            || ' was seen with '
            || cast(tags.mutation_count + 1 as varchar)
            || ' digests.'
        else 'Tag ' || tags.tag || ' was seen with one digest.'
    end as reason,
    tags.evidence,
    cast(tags.mutation_count as double) as value,
    limits.most as threshold
from tags
cross join (select {{ threshold("tag_mutations_max") }} as most) as limits
left join
    {{ ref("service_aliases") }} as aliases on lower(tags.service_name) = aliases.alias
left join
    {{ ref("service_ownership") }} as ownership
    on {{ owned_on("aliases.service_id", "tags.seen_at") }}
