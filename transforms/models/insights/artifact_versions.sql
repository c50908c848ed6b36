{#
  Versions of what is built, in the order in which they were first seen on their branch, with the
  version before and what changed between the two.
#}
with
    stated as (
        select
            coalesce(service_id, artifact_name) as line,
            service_id,
            version,
            artifact_digest,
            repository,
            commit_sha,
            branch,
            coalesce(pushed_at, read_at) as seen_at
        from {{ ref("artifacts") }}
        where version is not null and lower(version) <> 'latest'
        union all
        select
            facts.service_id as line,
            facts.service_id,
            facts.version,
            records.artifact_digest,
            facts.repository,
            facts.commit_sha,
            null as branch,
            coalesce(facts.started_at, facts.finished_at, records.created_at) as seen_at
        from {{ ref("fct_deployments") }} as facts
        inner join
            {{ ref("deployments") }} as records
            on facts.deployment_id = records.deployment_id
            and records.is_current
        where
            facts.version is not null
            and facts.service_id is not null
            and lower(facts.version) <> 'latest'
    ),
    versions as (
        select
            line,
            version,
            min(service_id) as service_id,
            min(branch) as branch,
            arg_min(commit_sha, seen_at) as commit_sha,
            arg_min(repository, seen_at) as repository,
            list(distinct artifact_digest order by artifact_digest) filter (
                where artifact_digest is not null
            ) as artifact_digests,
            min(seen_at) as first_seen_at
        from stated
        where line is not null and seen_at is not null
        group by line, version
    ),
    keyed as (
        select
            versions.*,
            coalesce(policies.scheme, 'semver') as scheme,
            coalesce(policies.kind, 'library') as kind,
            case
                when coalesce(policies.scheme, 'semver') = 'date'
                then {{ date_version_key("versions.version") }}
                else {{ semver_key("versions.version") }}
            end as order_key
        from versions
        left join
            {{ ref("versioning_policies") }} as policies
            on versions.service_id = policies.service_id
    ),
    ordered as (
        select
            *,
            lag(version) over along as previous_version,
            lag(order_key) over along as previous_order_key,
            lag(commit_sha) over along as previous_commit_sha
        from keyed
        where order_key is not null
        window along as (partition by line, branch order by first_seen_at, order_key)
    ),
    brought as (
        select
            deployments.service_id as line,
            deployments.version,
            changes.change_id,
            bool_or(
                regexp_matches(changes.title, '^[a-z]+(\([^)]*\))?!:')
                or list_has_any(
                    coalesce(records.labels, []),
                    ['breaking', 'breaking-change', 'breaking change', 'semver:major']
                )
            ) as is_breaking,
            bool_or(
                regexp_matches(changes.title, '^feat(\([^)]*\))?!?:')
                or list_has_any(
                    coalesce(records.labels, []),
                    ['feature', 'enhancement', 'semver:minor']
                )
            ) as is_feature
        from {{ ref("fct_changes") }} as changes
        inner join
            {{ ref("fct_deployments") }} as deployments
            on changes.deployment_id = deployments.deployment_id
        left join
            {{ ref("changes") }} as records on changes.change_id = records.change_id
        where deployments.version is not null
        group by deployments.service_id, deployments.version, changes.change_id
    ),
    change_counts as (
        select
            line,
            version,
            count(*) as change_count,
            count(case when is_breaking then 1 end) as breaking_count,
            count(case when is_feature then 1 end) as feature_count
        from brought
        group by line, version
    ),
    operations as (
        select distinct service_id, commit_sha, method || ' ' || path as operation
        from {{ ref("api_operations") }}
        where service_id is not null and commit_sha is not null
    ),
    documents as (
        select service_id, commit_sha, list(operation) as operations
        from operations
        group by service_id, commit_sha
    ),
    removed as (
        select
            ordered.line,
            ordered.version,
            len(
                list_filter(
                    before.operations,
                    lambda operation: not list_contains(after.operations, operation)
                )
            ) as removed_count
        from ordered
        inner join
            documents as before
            on ordered.service_id = before.service_id
            and ordered.previous_commit_sha = before.commit_sha
        inner join
            documents as after
            on ordered.service_id = after.service_id
            and ordered.commit_sha = after.commit_sha
    )
select
    keyed.line || '@' || keyed.version as artifact_version_id,
    keyed.service_id,
    keyed.line as artifact_name,
    keyed.version,
    keyed.branch,
    keyed.scheme,
    keyed.kind,
    keyed.commit_sha,
    coalesce(keyed.artifact_digests, []) as artifact_digests,
    keyed.order_key,
    ordered.previous_version,
    ordered.previous_order_key,
    cast(coalesce(change_counts.change_count, 0) as bigint) as change_count,
    cast(
        coalesce(change_counts.breaking_count, 0)
        + coalesce(removed.removed_count, 0) as bigint
    ) as breaking_count,
    cast(coalesce(change_counts.feature_count, 0) as bigint) as feature_count,
    change_counts.version is not null or removed.version is not null as has_changes,
    keyed.first_seen_at
from keyed
left join ordered on keyed.line = ordered.line and keyed.version = ordered.version
left join
    change_counts
    on keyed.line = change_counts.line
    and keyed.version = change_counts.version
left join removed on keyed.line = removed.line and keyed.version = removed.version
