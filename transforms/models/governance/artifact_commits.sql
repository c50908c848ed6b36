{# Which commit an artifact was built from, as anybody states it whose signature is not known to be wrong. #}
with
    stated as (
        select artifact_digest, commit_sha, 'deployment' as stated_by
        from {{ ref("deployments") }}
        where is_current
        union all
        select artifact_digest, commit_sha, 'registry'
        from {{ ref("artifacts") }}
        union all
        select
            subject_digest,
            commit_sha,
            case
                signature_state
                when 'verified'
                then 'verified_attestation'
                else 'attestation'
            end
        from {{ ref("attestations") }}
        where signature_state <> 'invalid'
    )
select
    artifact_digest,
    commit_sha,
    list(distinct stated_by order by stated_by) as stated_by
from stated
where artifact_digest is not null and commit_sha is not null
group by artifact_digest, commit_sha
