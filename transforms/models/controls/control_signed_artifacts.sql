{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    identities as (select * from {{ ref("signing_identities") }}),
    signatures as (
        select
            subjects.subject_id,
            attestations.attestation_id,
            attestations.signature_state,
            attestations.repository,
            coalesce(
                list_contains(identities.repositories, lower(attestations.repository))
                and (
                    identities.builder_id is null
                    or identities.builder_id = attestations.builder_id
                )
                and (
                    len(identities.key_ids) = 0
                    or list_has_any(identities.key_ids, attestations.key_ids)
                ),
                false
            ) as is_expected
        from subjects
        inner join
            {{ ref("attestations") }} as attestations
            on subjects.artifact_digest = attestations.subject_digest
            and starts_with(attestations.predicate_type, 'https://slsa.dev/provenance/')
            and coalesce(attestations.created_at, subjects.started_at)
            <= subjects.started_at
        left join identities on subjects.service_id = identities.service_id
    ),
    found as (
        select
            subject_id,
            list_sort(list('attestations:' || attestation_id)) as evidence,
            bool_or(signature_state = 'verified' and is_expected) as is_good,
            bool_or(signature_state = 'verified') as is_verified,
            bool_or(signature_state = 'invalid') as is_invalid,
            min(
                case
                    when signature_state = 'verified' and not is_expected
                    then coalesce(repository, 'no repository')
                end
            ) as other_repository
        from signatures
        group by subject_id
    ),
    judged as (
        select
            subjects.*,
            coalesce(found.evidence, []) as evidence,
            found.other_repository,
            case
                when subjects.artifact_digest is null
                then 'no_digest'
                when found.subject_id is null
                then 'unsigned'
                when found.is_good
                then 'signed_as_expected'
                when found.is_verified
                then 'other_identity'
                when found.is_invalid
                then 'invalid_signature'
                else 'not_checked'
            end as reason_code
        from subjects
        left join found on subjects.subject_id = found.subject_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when reason_code = 'signed_as_expected'
        then 'pass'
        when reason_code in ('other_identity', 'invalid_signature')
        then 'fail'
        else 'no_data'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'no_digest'
        then 'No digest of the artifact is known, so no signature can be of it.'
        when 'unsigned'
        then
            'No signed provenance of '
            || left(artifact_digest, 19)
            || ' was known by then.'
        when 'signed_as_expected'
        then left(artifact_digest, 19) || ' is signed, and by whom it should be.'
        when 'other_identity'
        then
            left(artifact_digest, 19)
            || ' has a valid signature, but of '
            || other_repository
            || ', which is not what this service is built from.'
        when 'invalid_signature'
        then left(artifact_digest, 19) || ' has a signature of no known key.'
        else
            left(artifact_digest, 19) || ' is signed; no key is configured to check it.'
    end as reason,
    evidence,
    cast(null as double) as value,
    cast(null as double) as threshold
from judged
