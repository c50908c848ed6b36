{# Evidence that a deployment failed, one row per piece; collateral deployments are named and not counted. #}
with
    live as (
        select deployments.*, kinds.kind, kinds.live_position, kinds.is_hotfix
        from {{ ref("int_deployments__collapsed") }} as deployments
        inner join
            {{ ref("int_deployments__kinds") }} as kinds
            on deployments.deployment_id = kinds.deployment_id
        where
            deployments.environment_tier = 'production'
            and deployments.reached_production
            and deployments.exclusion_reason is null
    ),
    linked as (
        select
            links.deployment_id,
            'incident' as evidence,
            2::bigint as strength,
            links.detail,
            links.incident_id,
            null as fixed_by_deployment_id,
            false as is_collateral
        from {{ ref("deployment_incidents") }} as links
        inner join live on links.deployment_id = live.deployment_id
    ),
    rollback_targets as (
        select
            rollbacks.deployment_id,
            rollbacks.service_id,
            rollbacks.environment_id,
            rollbacks.version,
            rollbacks.live_position,
            coalesce(
                max(targets.live_position), max(changes.live_position) - 1
            ) as target_position
        from live as rollbacks
        left join
            live as targets
            on rollbacks.service_id = targets.service_id
            and rollbacks.environment_id = targets.environment_id
            and rollbacks.artifact_key = targets.artifact_key
            and targets.live_position < rollbacks.live_position
        left join
            live as changes
            on rollbacks.service_id = changes.service_id
            and rollbacks.environment_id = changes.environment_id
            and changes.live_position < rollbacks.live_position
            and changes.kind in ('forward', 'rework')
        where rollbacks.kind = 'rollback'
        group by
            rollbacks.deployment_id,
            rollbacks.service_id,
            rollbacks.environment_id,
            rollbacks.version,
            rollbacks.live_position
    ),
    rolled_back as (
        select
            failed.deployment_id,
            'rolled_back' as evidence,
            3::bigint as strength,
            'rolled back by ' || coalesce(
                rollback_targets.version, rollback_targets.deployment_id
            ) as detail,
            null as incident_id,
            rollback_targets.deployment_id as fixed_by_deployment_id,
            row_number() over (
                partition by rollback_targets.deployment_id
                order by linked.deployment_id is null, failed.live_position
            )
            > 1 as is_collateral
        from rollback_targets
        inner join
            live as failed
            on rollback_targets.service_id = failed.service_id
            and rollback_targets.environment_id = failed.environment_id
            and failed.live_position > rollback_targets.target_position
            and failed.live_position < rollback_targets.live_position
            and failed.kind in ('forward', 'rework')
        left join
            (select distinct deployment_id from linked) as linked
            on failed.deployment_id = linked.deployment_id
    ),
    reverted as (
        select
            failed_deployment_id as deployment_id,
            'reverted' as evidence,
            4::bigint as strength,
            case when is_inferred then 'inferred: ' else '' end
            || 'commit '
            || left(reverted_sha, 12)
            || ' was reverted by '
            || left(revert_sha, 12) as detail,
            null as incident_id,
            fixing_deployment_id as fixed_by_deployment_id,
            false as is_collateral
        from {{ ref("int_reverts") }}
    ),
    hotfixed as (
        select
            blamed.deployment_id,
            'hotfix' as evidence,
            4::bigint as strength,
            'followed by hotfix '
            || coalesce(hotfixes.version, hotfixes.deployment_id) as detail,
            null as incident_id,
            hotfixes.deployment_id as fixed_by_deployment_id,
            false as is_collateral
        from live as hotfixes
        inner join
            live as blamed
            on hotfixes.service_id = blamed.service_id
            and hotfixes.environment_id = blamed.environment_id
            and blamed.live_position < hotfixes.live_position
            and blamed.finished_at >= hotfixes.finished_at - interval 14 days
            and blamed.kind in ('forward', 'rework')
        where hotfixes.is_hotfix and hotfixes.kind = 'rework'
        qualify
            row_number() over (
                partition by hotfixes.deployment_id order by blamed.live_position desc
            )
            = 1
    ),
    failures as (
        select *
        from linked
        union all
        select *
        from rolled_back
        union all
        select *
        from reverted
        union all
        select *
        from hotfixed
    )
select *
from failures
