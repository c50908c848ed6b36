{#
  One row per deployment, whichever sources told of it (transforms/metrics.md, section 1). Where two
  did, the record with more detail gives each field that it has, and its interval is kept whole.
#}
with recursive
    grouped as (select * from {{ ref("int_deployments__grouped") }}),
    pairs as (select * from {{ ref("int_deployments__pairs") }} where is_same),
    links as (
        select deployment_id, other_deployment_id
        from pairs
        union
        select other_deployment_id, deployment_id
        from pairs
        union
        select deployment_id, deployment_id
        from pairs
        union
        select other_deployment_id, other_deployment_id
        from pairs
    ),
    reached as (
        select deployment_id, other_deployment_id
        from links
        union
        select reached.deployment_id, links.other_deployment_id
        from reached
        inner join links on reached.other_deployment_id = links.deployment_id
    ),
    detailed as (
        select
            grouped.*,
            row_number() over (
                order by
                    (grouped.service_name is not null)::int
                    + (grouped.artifact_digest is not null)::int
                    + (grouped.config_hash is not null)::int
                    + (grouped.strategy is not null)::int
                    + (grouped.change_request_number is not null)::int
                    + (grouped.pipeline_run_id is not null)::int
                    + (grouped.actor_id is not null)::int
                    + (grouped.source_url is not null)::int
                    + (grouped.finished_at > grouped.started_at)::int desc,
                    grouped.source,
                    grouped.deployment_id
            ) as detail_rank
        from grouped
        where grouped.deployment_id in (select deployment_id from links)
    ),
    clusters as (
        select deployment_id, min(other_deployment_id) as cluster_id
        from reached
        group by deployment_id
    ),
    clustered as (
        select detailed.*, clusters.cluster_id
        from detailed
        inner join clusters on detailed.deployment_id = clusters.deployment_id
    ),
    combined as (
        select
            arg_min(deployment_id, detail_rank) as deployment_id,
            arg_min(service_id, detail_rank) as service_id,
            arg_min(repository, detail_rank) as repository,
            arg_min(environment_id, detail_rank) as environment_id,
            arg_min(environment_tier, detail_rank) as environment_tier,
            arg_min(commit_sha, detail_rank) as commit_sha,
            arg_min(version, detail_rank) as version,
            arg_min(artifact, (artifact_digest is null, detail_rank)) as artifact,
            arg_min(config_hash, detail_rank) as config_hash,
            arg_min(task, detail_rank) as task,
            arg_min(ref, detail_rank) as ref,
            arg_min(strategy, detail_rank) as strategy,
            arg_min(change_request_number, detail_rank) as change_request_number,
            arg_min(pipeline_run_id, detail_rank) as pipeline_run_id,
            arg_min(actor_id, detail_rank) as actor_id,
            arg_min(source_url, detail_rank) as source_url,
            arg_min(status, (finished_at is null, detail_rank)) as status,
            arg_min(is_rollback, detail_rank) as is_rollback,
            arg_min(is_planned, detail_rank) as is_planned,
            arg_min(reason, detail_rank) as reason,
            arg_min(fixes_incident, detail_rank) as fixes_incident,
            arg_min(failed_verification, detail_rank) as failed_verification,
            bool_or(is_failure) as is_failure,
            arg_min(
                reached_production, (finished_at is null, detail_rank)
            ) as reached_production,
            false as is_deleted,
            max(attempt_count) as attempt_count,
            arg_min(target_count, detail_rank) as target_count,
            arg_min(reached_target_count, detail_rank) as reached_target_count,
            arg_min(started_at, (finished_at is null, detail_rank)) as started_at,
            arg_min(
                first_exposed_at, (finished_at is null, detail_rank)
            ) as first_exposed_at,
            arg_min(finished_at, (finished_at is null, detail_rank)) as finished_at,
            list_sort(flatten(list(attempt_ids order by detail_rank))) as attempt_ids,
            string_agg(source, ', ' order by source) as sources,
            arg_min(source, detail_rank) as source,
            arg_min(page_id, detail_rank) as page_id,
            arg_min(ordinal, detail_rank) as ordinal,
            arg_min(read_at, detail_rank) as read_at
        from clustered
        group by cluster_id
        union all
        select
            deployment_id,
            service_id,
            repository,
            environment_id,
            environment_tier,
            commit_sha,
            version,
            artifact,
            config_hash,
            task,
            ref,
            strategy,
            change_request_number,
            pipeline_run_id,
            actor_id,
            source_url,
            status,
            is_rollback,
            is_planned,
            reason,
            fixes_incident,
            failed_verification,
            is_failure,
            reached_production,
            is_deleted,
            attempt_count,
            target_count,
            reached_target_count,
            started_at,
            first_exposed_at,
            finished_at,
            attempt_ids,
            source as sources,
            source,
            page_id,
            ordinal,
            read_at
        from grouped
        where deployment_id not in (select deployment_id from links)
    )
select
    combined.*,
    combined.artifact || coalesce('|' || combined.config_hash, '') as artifact_key,
    case
        when combined.is_deleted
        then 'deleted'
        when combined.service_id is null
        then 'unmapped_service'
        when {{ is_impossible("combined.finished_at", "combined.read_at") }}
        then 'impossible_time'
        when combined.finished_at < combined.started_at
        then 'negative_duration'
    end as exclusion_reason,
    ownership.team_id,
    {{ local_date("combined.finished_at") }} as finished_date
from combined
left join
    {{ ref("service_ownership") }} as ownership
    on {{ owned_on("combined.service_id", "combined.finished_at") }}
