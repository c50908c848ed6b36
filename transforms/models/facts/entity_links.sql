{# Which record belongs to which other one, whoever says so; of several that say the same, the surest. #}
with
    work_items as (
        select work_item_id, upper(key) as item_key, service_id
        from {{ ref("work_items") }}
        where is_current and not coalesce(is_deleted, false)
    ),
    change_keys as (
        select
            change_id,
            'change_title' as method,
            unnest({{ named_keys("title") }}) as item_key
        from {{ ref("changes") }}
        union all
        select change_id, 'change_branch', unnest({{ named_keys("head_branch") }})
        from {{ ref("changes") }}
        union all
        select change_id, 'commit_message', unnest({{ named_keys("title") }})
        from {{ ref("change_commits") }}
        union all
        select changes.change_id, 'commit_message', unnest(commits.named_keys)
        from {{ ref("changes") }} as changes
        inner join
            {{ ref("commits") }} as commits
            on changes.repository = commits.repository
            and changes.merge_commit_sha = commits.commit_sha
    ),
    deployed as (
        select
            records.artifact_digest,
            facts.deployment_id,
            facts.service_id,
            facts.repository,
            facts.commit_sha
        from {{ ref("deployments") }} as records
        inner join
            {{ ref("fct_deployments") }} as facts
            on records.deployment_id = facts.deployment_id
        where records.is_current and records.artifact_digest is not null
    ),
    found as (
        select
            'commit' as from_type,
            repository || '@' || commit_sha as from_id,
            'change' as to_type,
            change_id as to_id,
            'part_of' as relation,
            'original_commit' as method,
            1.0 as confidence,
            cast(null as varchar) as service_id
        from {{ ref("change_commits") }}
        union all
        select
            'commit',
            repository || '@' || merge_commit_sha,
            'change',
            change_id,
            'part_of',
            'merge_commit',
            1.0,
            null
        from {{ ref("changes") }}
        where is_merged and merge_commit_sha is not null
        union all
        select
            'change',
            change_keys.change_id,
            'work_item',
            work_items.work_item_id,
            'implements',
            change_keys.method,
            1.0,
            work_items.service_id
        from change_keys
        inner join work_items on change_keys.item_key = work_items.item_key
        union all
        select
            'change',
            change_id,
            'deployment',
            deployment_id,
            'went_live_with',
            'commit_graph',
            1.0,
            service_id
        from {{ ref("fct_changes") }}
        where deployment_id is not null
        union all
        select
            'artifact',
            subject_digest,
            'commit',
            repository || '@' || commit_sha,
            'built_from',
            case
                when signature_state = 'verified'
                then 'signed_attestation'
                else 'attestation'
            end,
            case when signature_state = 'verified' then 1.0 else 0.8 end,
            service_id
        from {{ ref("attestations") }}
        where
            subject_digest is not null
            and commit_sha is not null
            and repository is not null
            and signature_state <> 'invalid'
        union all
        select
            'artifact',
            artifacts.artifact_digest,
            'commit',
            coalesce(artifacts.repository, commits.repository)
            || '@'
            || artifacts.commit_sha,
            'built_from',
            'registry',
            0.9,
            artifacts.service_id
        from {{ ref("artifacts") }} as artifacts
        left join
            (
                select commit_sha, min(repository) as repository
                from {{ ref("commits") }}
                group by commit_sha
            ) as commits
            on artifacts.commit_sha = commits.commit_sha
        where
            artifacts.artifact_digest is not null
            and artifacts.commit_sha is not null
            and coalesce(artifacts.repository, commits.repository) is not null
        union all
        select
            'artifact',
            artifact_digest,
            'commit',
            repository || '@' || commit_sha,
            'built_from',
            'deployment_record',
            0.7,
            service_id
        from deployed
        where commit_sha is not null and repository is not null
        union all
        select
            'artifact',
            artifact_digest,
            'artifact',
            index_digest,
            'platform_of',
            'registry',
            1.0,
            service_id
        from {{ ref("artifacts") }}
        where artifact_digest is not null and index_digest is not null
        union all
        select
            'artifact',
            artifact_digest,
            'deployment',
            deployment_id,
            'deployed_by',
            'deployment_record',
            1.0,
            service_id
        from deployed
        union all
        select
            'deployment',
            deployment_id,
            'change_request',
            change_request_id,
            'ran_under',
            method,
            confidence,
            service_id
        from {{ ref("change_request_links") }}
        union all
        select
            'approval',
            approvals.approval_id,
            approvals.subject_type,
            approvals.subject_id,
            'decides',
            'approval_record',
            1.0,
            requests.service_id
        from {{ ref("approvals") }} as approvals
        left join
            {{ ref("change_requests") }} as requests
            on approvals.change_request_id = requests.change_request_id
            and requests.is_current
        where approvals.subject_type is not null and approvals.subject_id is not null
        union all
        select
            'incident',
            incidents.incident_id,
            'change_request',
            requests.change_request_id,
            'caused_by',
            'incident_record',
            1.0,
            requests.service_id
        from {{ ref("incidents") }} as incidents
        inner join
            {{ ref("change_requests") }} as requests
            on requests.is_current
            and (
                incidents.caused_by_change_request_id = requests.change_request_id
                or (
                    incidents.caused_by_change_request_id is null
                    and incidents.source = requests.source
                    and incidents.caused_by_change_request_number = requests.number
                )
            )
        where incidents.is_current
        union all
        select
            'review',
            review_id,
            'change',
            change_id,
            'reviews',
            'review_record',
            1.0,
            null
        from {{ ref("reviews") }}
        union all
        select
            'review_record',
            review_record_id,
            subject_type,
            subject_id,
            'reviews',
            'review_record',
            1.0,
            service_id
        from {{ ref("review_records") }}
        where subject_type is not null and subject_id is not null
    )
select
    from_type,
    from_id,
    to_type,
    to_id,
    relation,
    arg_max(method, (confidence, method)) as method,
    cast(max(confidence) as double) as confidence,
    min(service_id) as service_id
from found
group by from_type, from_id, to_type, to_id, relation
