{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {# the index of a platform's image vouches for it #}
    digests as (
        select subject_id, artifact_digest as digest
        from subjects
        where artifact_digest is not null
        union
        select subjects.subject_id, artifacts.index_digest
        from subjects
        inner join
            {{ ref("artifacts") }} as artifacts
            on subjects.artifact_digest = artifacts.artifact_digest
        where artifacts.index_digest is not null
    ),
    relevant as (
        select subject_id, attestation_id, bool_or(is_subject) as is_subject
        from
            (
                select
                    digests.subject_id, attestations.attestation_id, true as is_subject
                from digests
                inner join
                    {{ ref("attestations") }} as attestations
                    on digests.digest = attestations.subject_digest
                union all
                select subjects.subject_id, attestations.attestation_id, false
                from subjects
                inner join
                    {{ ref("attestations") }} as attestations
                    on subjects.commit_sha = attestations.commit_sha
                    and subjects.repository = attestations.repository
                where subjects.artifact_digest is not null
            )
        group by subject_id, attestation_id
    ),
    compared as (
        select
            subjects.subject_id,
            relevant.is_subject,
            attestations.*,
            policies.service_id as policy_service_id,
            policies.minimum_level,
            policies.build_types,
            policies.builder_levels[
                list_position(policies.builder_ids, attestations.builder_id)
            ] as builder_level,
            list_filter(
                json_keys(coalesce(attestations.external_parameters, '{}')),
                lambda name: not list_contains(json_keys(policies.parameters), name)
            ) as unknown_parameters,
            list_filter(
                json_keys(policies.parameters),
                lambda name:json_extract_string(
                    coalesce(attestations.external_parameters, '{}'),
                    '$."' || name || '"'
                )
                is null
                or (
                    json_extract_string(policies.parameters, '$."' || name || '"')
                    <> '*'
                    and json_extract_string(
                        policies.parameters,
                        '$."' || name || '"'
                    ) <> json_extract_string(
                        attestations.external_parameters, '$."' || name || '"'
                    )
                )
            ) as unexpected_parameters
        from relevant
        inner join subjects on relevant.subject_id = subjects.subject_id
        inner join
            {{ ref("attestations") }} as attestations
            on relevant.attestation_id = attestations.attestation_id
            and coalesce(attestations.created_at, subjects.started_at)
            <= subjects.started_at + interval 120 seconds
        left join
            {{ ref("provenance_policies") }} as policies
            on subjects.service_id = policies.service_id
    ),
    {# in the order of SLSA: each step is only asked when those before it hold #}
    stepped as (
        select
            *,
            case
                when signature_state = 'invalid'
                then 1
                when signature_state <> 'verified'
                then 2
                when not is_subject
                then 3
                when predicate_type is distinct from 'https://slsa.dev/provenance/v1'
                then 4
                when policy_service_id is null
                then 5
                when builder_level is null
                then 6
                when builder_level < minimum_level
                then 7
                when
                    len(build_types) > 0
                    and not list_contains(build_types, coalesce(build_type, ''))
                then 8
                when len(unknown_parameters) > 0
                then 9
                when len(unexpected_parameters) > 0
                then 10
                else 11
            end as step
        from compared
    ),
    farthest as (
        select
            subject_id,
            arg_max(stepped, (step, attestation_id)) as best,
            list('attestations:' || attestation_id order by attestation_id) as evidence
        from stepped
        group by subject_id
    )
select
    subjects.subject_id,
    subjects.service_id,
    subjects.team_id,
    subjects.environment_id,
    subjects.started_at as occurred_at,
    case
        when subjects.artifact_digest is null or farthest.subject_id is null
        then 'no_data'
        when farthest.best.step in (2, 5)
        then 'inconclusive'
        when farthest.best.step = 11
        then 'pass'
        else 'fail'
    end as verdict,
    case
        when subjects.artifact_digest is null
        then 'no_digest'
        when farthest.subject_id is null
        then 'no_attestation'
        else
            [
                'signature_invalid',
                'signature_not_checked',
                'subject_mismatch',
                'predicate_type_unexpected',
                'no_expectation',
                'builder_not_trusted',
                'level_too_low',
                'build_type_unexpected',
                'parameter_unknown',
                'parameter_unexpected',
                'verified'
            ][farthest.best.step]
    end as reason_code,
    case
        when subjects.artifact_digest is null
        then 'The deployment names no digest, so that no provenance can be about it.'
        when farthest.subject_id is null
        then
            'No attestation from before the start speaks of the artifact or its commit.'
        else
            [
                'The signature of the attestation is invalid.',
                'The signature of the attestation was not checked.',
                'The attestation is about another digest than the one that was deployed.',
                'The attestation is no SLSA provenance 1: '
                || coalesce(farthest.best.predicate_type, 'it states no type')
                || '.',
                'policy.yml does not say what is expected of builds of the service.',
                'The builder is not trusted: '
                || coalesce(farthest.best.builder_id, 'none is stated')
                || '.',
                'The builder is trusted for level '
                || cast(coalesce(farthest.best.builder_level, 0) as varchar)
                || ' only; level '
                || cast(coalesce(farthest.best.minimum_level, 0) as varchar)
                || ' is asked for.',
                'The type of the build is not expected: '
                || coalesce(farthest.best.build_type, 'none is stated')
                || '.',
                'The build took parameters that nobody expects: '
                || array_to_string(farthest.best.unknown_parameters, ', ')
                || '.',
                'The build took other parameters than expected: '
                || array_to_string(farthest.best.unexpected_parameters, ', ')
                || '.',
                'Signature, digest, builder and parameters are as expected.'
            ][farthest.best.step]
    end as reason,
    coalesce(farthest.evidence, []) as evidence,
    cast(farthest.best.builder_level as double) as value,
    cast(farthest.best.minimum_level as double) as threshold
from subjects
left join
    farthest
    on subjects.subject_id = farthest.subject_id
    and subjects.artifact_digest is not null
