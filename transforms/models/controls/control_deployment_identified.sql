{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    known as (select commit_sha from {{ ref("commits") }} group by commit_sha)
select
    subjects.subject_id,
    subjects.service_id,
    subjects.team_id,
    subjects.environment_id,
    subjects.started_at as occurred_at,
    case
        when subjects.artifact_digest is null and subjects.commit_sha is null
        then 'fail'
        when known.commit_sha is null
        then 'fail'
        when subjects.artifact_digest is null
        then 'warn'
        else 'pass'
    end as verdict,
    case
        when subjects.artifact_digest is null and subjects.commit_sha is null
        then 'nothing_named'
        when known.commit_sha is null
        then 'unknown_commit'
        when subjects.artifact_digest is null
        then 'no_digest'
        else 'identified'
    end as reason_code,
    case
        when subjects.artifact_digest is null and subjects.commit_sha is null
        then 'The deployment names neither an artifact nor a commit.'
        when subjects.commit_sha is null
        then 'No commit is known from which the artifact was made.'
        when known.commit_sha is null
        then
            'Commit '
            || left(subjects.commit_sha, 12)
            || ' is in no repository that was read.'
        when subjects.artifact_digest is null
        then
            'Commit '
            || left(subjects.commit_sha, 12)
            || ' is known; no digest of the artifact is.'
        else
            'Artifact '
            || left(subjects.artifact_digest, 19)
            || ' was made from commit '
            || left(subjects.commit_sha, 12)
            || '.'
    end as reason,
    {{ found_or_subject("['commits:' || known.commit_sha]", "subjects") }} as evidence,
    cast(null as double) as value,
    cast(null as double) as threshold
from subjects
left join known on subjects.commit_sha = known.commit_sha
