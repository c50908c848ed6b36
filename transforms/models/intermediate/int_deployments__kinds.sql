{#
  Kind of every deployment, decided in the order of transforms/metrics.md, section 1. What is live
  is an artifact with its configuration: the same artifact with another configuration is no
  redeployment. A configuration that a record does not state is not taken for another one.
#}
with
    deployments as (select * from {{ ref("int_deployments__collapsed") }}),
    hotfix_refs as (
        select refs.source, refs.ref
        from
            (
                select source, ref
                from deployments
                where ref is not null
                group by source, ref
            ) as refs
        inner join
            {{ ref("int_source_settings") }} as settings
            on refs.source = settings.source
        where regexp_matches(refs.ref, settings.hotfix_pattern)
    ),
    reverting as (
        select fixing_deployment_id as deployment_id
        from {{ ref("int_reverts") }}
        group by fixing_deployment_id
    ),
    numbered as (
        select
            *,
            row_number() over (
                partition by service_id, environment_id
                order by finished_at, deployment_id
            ) as live_position
        from deployments
        where reached_production and exclusion_reason is null
    ),
    live as (
        select
            deployment_id,
            live_position,
            artifact,
            config_hash,
            finished_at,
            lag(deployment_id) over was_live as previous_deployment_id,
            lag(artifact) over was_live as previous_artifact,
            lag(config_hash) over was_live as previous_config_hash,
            lag(live_position) over had_artifact as artifact_position,
            lag(finished_at) over had_artifact as artifact_finished_at,
            lag(live_position) over had_both as both_position,
            lag(finished_at) over had_both as both_finished_at
        from numbered
        window
            was_live as (
                partition by service_id, environment_id order by live_position
            ),
            had_artifact as (
                partition by service_id, environment_id, artifact order by live_position
            ),
            had_both as (
                partition by service_id, environment_id, artifact_key
                order by live_position
            )
    ),
    compared as (
        select
            *,
            artifact = previous_artifact as is_same_artifact,
            artifact = previous_artifact
            and coalesce(config_hash = previous_config_hash, true) as is_live_already,
            case
                when artifact is distinct from previous_artifact
                then artifact_position
                else both_position
            end as target_position,
            case
                when artifact is distinct from previous_artifact
                then artifact_finished_at
                else both_finished_at
            end as target_finished_at
        from live
    ),
    judged as (
        select
            deployments.deployment_id,
            compared.live_position,
            compared.previous_deployment_id,
            compared.target_position,
            deployments.task = 'deploy:hotfix'
            or hotfix_refs.ref is not null
            or (deployments.is_planned = false and deployments.reason <> 'other')
            or deployments.fixes_incident is not null as is_hotfix,
            case
                when compared.is_live_already
                then 'redeploy'
                when deployments.is_rollback
                then 'rollback'
                when
                    compared.target_finished_at
                    >= deployments.finished_at - interval 180 days
                then 'rollback'
                when
                    reverting.deployment_id is not null
                    or deployments.task = 'deploy:hotfix'
                    or hotfix_refs.ref is not null
                    or deployments.fixes_incident is not null
                    or (
                        deployments.is_planned = false
                        and deployments.reason is distinct from 'other'
                    )
                then 'rework'
                else 'forward'
            end as kind
        from deployments
        left join compared on deployments.deployment_id = compared.deployment_id
        left join reverting on deployments.deployment_id = reverting.deployment_id
        left join
            hotfix_refs
            on deployments.source = hotfix_refs.source
            and deployments.ref = hotfix_refs.ref
    )
select * replace (coalesce(is_hotfix, false) as is_hotfix)
from judged
