{{ control(subject="deployment") }}

with
    subjects as (
        select *, coalesce(version, commit_sha) as release_name
        from {{ deployment_subjects() }}
    ),
    {# the platforms of one index are one artifact #}
    indexes as (
        select artifact_digest, min(index_digest) as index_digest
        from {{ ref("artifacts") }}
        where artifact_digest is not null and index_digest is not null
        group by artifact_digest
    ),
    elsewhere as (
        select
            facts.deployment_id,
            facts.service_id,
            coalesce(facts.version, facts.commit_sha) as release_name,
            facts.environment_id,
            records.artifact_digest,
            coalesce(facts.started_at, facts.finished_at) as seen_at
        from {{ ref("fct_deployments") }} as facts
        inner join
            {{ ref("deployments") }} as records
            on facts.deployment_id = records.deployment_id
            and records.is_current
        where records.artifact_digest is not null
    ),
    sightings as (
        select
            subjects.subject_id,
            elsewhere.environment_id,
            elsewhere.artifact_digest,
            elsewhere.deployment_id
        from subjects
        inner join
            elsewhere
            on subjects.service_id = elsewhere.service_id
            and subjects.release_name = elsewhere.release_name
            and elsewhere.seen_at <= subjects.started_at
        union all
        select subject_id, environment_id, artifact_digest, null
        from subjects
        where artifact_digest is not null
    ),
    counted as (
        select
            sightings.subject_id,
            count(
                distinct coalesce(indexes.index_digest, sightings.artifact_digest)
            ) as digest_count,
            count(distinct sightings.environment_id) as environment_count,
            string_agg(
                distinct sightings.environment_id,
                ', '
                order by sightings.environment_id
            ) as environments,
            list(
                distinct 'deployments:' || sightings.deployment_id
                order by 'deployments:' || sightings.deployment_id
            ) filter (where sightings.deployment_id is not null) as evidence
        from sightings
        left join indexes on sightings.artifact_digest = indexes.artifact_digest
        group by sightings.subject_id
    ),
    told as (
        select
            subjects.*,
            counted.digest_count,
            counted.environments,
            counted.evidence,
            policies.builds_per_environment,
            limits.most,
            case
                when policies.builds_per_environment is not null
                then 'built_per_environment'
                when subjects.artifact_digest is null
                then 'no_digest'
                when counted.digest_count > limits.most
                then 'rebuilt'
                when counted.environment_count < 2
                then 'nothing_to_compare'
                else 'one_digest'
            end as reason_code
        from subjects
        cross join
            (
                select {{ threshold("artifact_digests_per_release_max") }} as most
            ) as limits
        left join counted on subjects.subject_id = counted.subject_id
        left join
            {{ ref("versioning_policies") }} as policies
            on subjects.service_id = policies.service_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        reason_code
        when 'one_digest'
        then 'pass'
        when 'rebuilt'
        then 'fail'
        when 'no_digest'
        then 'no_data'
        else 'not_applicable'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'built_per_environment'
        then
            'It is built for each environment, as declared: '
            || builds_per_environment
            || '.'
        when 'no_digest'
        then 'The deployment names no digest.'
        when 'rebuilt'
        then
            release_name
            || ' was rebuilt for '
            || environment_id
            || ': '
            || cast(digest_count as varchar)
            || ' digests in '
            || environments
            || '.'
        when 'nothing_to_compare'
        then 'No other environment had this release before.'
        else release_name || ' is the same artifact in ' || environments || '.'
    end as reason,
    coalesce(evidence, []) as evidence,
    cast(digest_count as double) as value,
    most as threshold
from told
