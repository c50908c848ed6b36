with
    records as (
        select
            *,
            coalesce(
                lead(read_at) over (
                    partition by source, repository, source_deployment_id
                    order by read_at, page_id, ordinal
                ),
                timestamp '9999-12-31'
            ) as replaced_at
        from {{ ref("stg_github__deployments") }}
        where read_at <= {{ as_of() }}
    ),
    statuses as (
        select *
        from {{ ref("stg_github__deployment_statuses") }}
        where read_at <= {{ as_of() }}
    ),
    readings as (
        select source, repository, source_deployment_id, read_at
        from records
        union
        select source, repository, source_deployment_id, read_at
        from statuses
    ),
    host_versions as (
        select
            readings.source,
            readings.repository,
            readings.source_deployment_id,
            readings.read_at as version_read_at,
            min(
                case
                    when statuses.state in ('in_progress', 'pending', 'queued')
                    then statuses.created_at
                end
            ) as begun_at,
            coalesce(
                min(case when statuses.state = 'success' then statuses.created_at end),
                min(
                    case
                        when statuses.state in ('failure', 'error')
                        then statuses.created_at
                    end
                )
            ) as ended_at,
            case
                when bool_or(statuses.state = 'success')
                then 'success'
                when bool_or(statuses.state in ('failure', 'error'))
                then 'failure'
            end as end_state,
            bool_or(statuses.state = 'inactive') as was_deactivated,
            bool_or(statuses.description ilike 'partial%') as was_partial,
            bool_or(statuses.description ilike 'cancel%') as was_cancelled
        from readings
        left join
            statuses
            on readings.source = statuses.source
            and readings.repository = statuses.repository
            and readings.source_deployment_id = statuses.source_deployment_id
            and statuses.read_at <= readings.read_at
        group by
            readings.source,
            readings.repository,
            readings.source_deployment_id,
            readings.read_at
    ),
    host_deployments as (
        select
            records.source || ':' || records.source_deployment_id as deployment_id,
            records.repository,
            records.service_name,
            lower(records.environment) as environment_id,
            records.commit_sha,
            records.version,
            records.artifact_digest,
            records.config_hash,
            records.task,
            records.ref,
            records.strategy,
            records.change_request_number,
            records.source || ':' || records.pipeline_run_id as pipeline_run_id,
            records.actor_id,
            records.source_url,
            case
                when host_versions.end_state = 'success'
                then 'succeeded'
                when host_versions.end_state is not null and host_versions.was_partial
                then 'partial'
                when host_versions.end_state is not null and host_versions.was_cancelled
                then 'cancelled'
                when host_versions.end_state is not null
                then 'failed'
                when host_versions.was_deactivated
                then 'superseded'
                else 'in_progress'
            end as status,
            records.is_rollback,
            records.is_planned,
            records.reason,
            records.region,
            records.target_count,
            records.fixes_incident,
            records.is_failure,
            records.is_exposed,
            records.created_at,
            coalesce(host_versions.begun_at, records.created_at) as started_at,
            host_versions.ended_at as finished_at,
            records.source,
            records.page_id,
            records.ordinal,
            host_versions.version_read_at as read_at
        from host_versions
        inner join
            records
            on host_versions.source = records.source
            and host_versions.repository = records.repository
            and host_versions.source_deployment_id = records.source_deployment_id
            and host_versions.version_read_at >= records.read_at
            and host_versions.version_read_at < records.replaced_at
    )
select *
from host_deployments
