{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ subject_requests() }},
    sources as (
        select
            (select count(*) from {{ ref("artifacts") }}) as artifact_count,
            (select count(*) from {{ ref("work_items") }}) as work_item_count,
            (select count(*) from {{ ref("change_requests") }}) as request_count
    ),
    built as (
        select from_id as digest, arg_max(to_id, (confidence, to_id)) as commit_id
        from {{ ref("entity_links") }}
        where relation = 'built_from'
        group by from_id
    ),
    registered as (
        select artifact_digest as digest
        from {{ ref("artifacts") }}
        where artifact_digest is not null
        union
        select index_digest
        from {{ ref("artifacts") }}
        where index_digest is not null
        union
        select subject_digest
        from {{ ref("attestations") }}
        where subject_digest is not null
    ),
    commits as (
        select repository || '@' || commit_sha as commit_id from {{ ref("commits") }}
    ),
    changes as (
        select from_id as commit_id, min(to_id) as change_id
        from {{ ref("entity_links") }}
        where relation = 'part_of'
        group by from_id
    ),
    items as (
        select from_id as change_id, min(to_id) as work_item_id
        from {{ ref("entity_links") }}
        where relation = 'implements'
        group by from_id
    ),
    asked as (
        select subject_id, min(change_request_id) as change_request_id
        from request_matches
        group by subject_id
    ),
    walked as (
        select
            subjects.*,
            case
                when sources.artifact_count = 0 or registered.digest is not null
                then subjects.artifact_digest
            end as known_digest,
            commits.commit_id,
            changes.change_id,
            items.work_item_id,
            asked.change_request_id,
            sources.work_item_count,
            sources.request_count
        from subjects
        cross join sources
        left join registered on subjects.artifact_digest = registered.digest
        left join built on subjects.artifact_digest = built.digest
        left join
            commits
            on coalesce(
                built.commit_id, subjects.repository || '@' || subjects.commit_sha
            )
            = commits.commit_id
        left join changes on commits.commit_id = changes.commit_id
        left join items on changes.change_id = items.change_id
        left join asked on subjects.subject_id = asked.subject_id
    ),
    told as (
        select
            *,
            [
                'commits:' || split_part(commit_id, '@', -1),
                'changes:' || change_id,
                'work_items:' || work_item_id,
                'change_requests:' || change_request_id
            ] as found,
            case
                when artifact_digest is null
                then 'missing_digest'
                when known_digest is null
                then 'missing_artifact'
                when commit_id is null
                then 'missing_commit'
                when change_id is null
                then 'missing_change'
                when work_item_id is null
                then 'missing_work_item'
                when change_request_id is null
                then 'missing_change_request'
                else 'complete'
            end as reason_code
        from walked
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when reason_code = 'complete'
        then 'pass'
        when reason_code = 'missing_work_item' and work_item_count = 0
        then 'no_data'
        when reason_code = 'missing_change_request' and request_count = 0
        then 'no_data'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'complete'
        then 'It can be followed from its digest to its change request.'
        when 'missing_digest'
        then 'The deployment names no digest.'
        when 'missing_artifact'
        then 'No registry or attestation that was read knows its digest.'
        when 'missing_commit'
        then 'No commit that was read is known for its artifact.'
        when 'missing_change'
        then 'Its commit belongs to no pull request that was read.'
        when 'missing_work_item'
        then
            case
                when work_item_count = 0
                then 'No source of work items is read.'
                else 'The change of its commit names no work item.'
            end
        else
            case
                when request_count = 0
                then 'No source of change requests is read.'
                else 'No change request is linked to it.'
            end
    end as reason,
    {{ found_or_subject("found") }} as evidence,
    cast(
        case
            reason_code
            when 'missing_digest'
            then 0
            when 'missing_artifact'
            then 1
            when 'missing_commit'
            then 2
            when 'missing_change'
            then 3
            when 'missing_work_item'
            then 4
            when 'missing_change_request'
            then 5
            else 6
        end as double
    ) as value,
    cast(6 as double) as threshold
from told
