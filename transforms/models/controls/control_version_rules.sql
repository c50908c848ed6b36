{{ control(subject="artifact") }}

with
    ranked as (
        select
            *,
            {{ bump_rank("previous_version", "version") }} as bump_rank,
            {{
                expected_bump_rank(
                    "previous_version", "breaking_count", "feature_count"
                )
            }} as expected_rank
        from {{ ref("artifact_versions") }}
    ),
    told as (
        select
            *,
            case
                when order_key is null
                then 'version_not_valid'
                when previous_version is null
                then 'first_version'
                when order_key < previous_order_key
                then 'api_version_decreased'
                when order_key = previous_order_key
                then 'api_version_not_bumped'
                when scheme = 'date' or not has_changes or bump_rank = 0
                then 'increased'
                when bump_rank < expected_rank and expected_rank = 3
                then 'api_major_version_not_bumped'
                when bump_rank < expected_rank
                then 'version_bump_too_small'
                else 'increased'
            end as reason_code
        from ranked
    )
select
    told.artifact_version_id as subject_id,
    told.service_id,
    ownership.team_id,
    cast(null as varchar) as environment_id,
    told.first_seen_at as occurred_at,
    case
        when told.reason_code in ('first_version', 'increased')
        then 'pass'
        when told.reason_code = 'version_not_valid' and told.kind = 'service'
        then 'warn'
        else 'fail'
    end as verdict,
    told.reason_code,
    case
        told.reason_code
        when 'version_not_valid'
        then
            told.version || case
                when told.scheme = 'date'
                then ' is no date.'
                else ' is no version by SemVer 2.0.0.'
            end
        when 'first_version'
        then told.version || ' is valid and the first on its branch.'
        when 'api_version_decreased'
        then told.version || ' follows ' || told.previous_version || ' and is lower.'
        when 'api_version_not_bumped'
        then
            told.version || ' follows ' || told.previous_version || ' and is no higher.'
        when 'api_major_version_not_bumped'
        then
            told.version
            || ' follows '
            || told.previous_version
            || ' with '
            || cast(told.breaking_count as varchar)
            || ' breaking change(s) and keeps the major version.'
        when 'version_bump_too_small'
        then
            told.version
            || ' follows '
            || told.previous_version
            || ' with '
            || case
                when told.breaking_count > 0
                then cast(told.breaking_count as varchar) || ' breaking change(s)'
                else cast(told.feature_count as varchar) || ' feature(s)'
            end
            || ' and raises the patch only.'
        else
            told.version
            || ' follows '
            || told.previous_version
            || case
                when told.scheme = 'semver' and not told.has_changes
                then '; what changed between them is not known.'
                else '.'
            end
    end as reason,
    ['artifact_versions:' || told.artifact_version_id] as evidence,
    cast(told.bump_rank as double) as value,
    cast(case when told.has_changes then told.expected_rank end as double) as threshold
from told
left join
    {{ ref("service_ownership") }} as ownership
    on {{ owned_on("told.service_id", "told.first_seen_at") }}
