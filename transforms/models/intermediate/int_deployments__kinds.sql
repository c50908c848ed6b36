{# Kind of every deployment, decided in the order of transforms/metrics.md, section 1. #}
with
    deployments as (select * from {{ ref("int_deployments__collapsed") }}),
    hotfix_refs as (
        select refs.source, refs.ref
        from
            (select distinct source, ref from deployments where ref is not null) as refs
        inner join
            {{ ref("int_source_settings") }} as settings
            on refs.source = settings.source
        where regexp_matches(refs.ref, settings.hotfix_pattern)
    ),
    fixing as (
        select
            fixing_deployment_id as deployment_id, bool_and(is_inferred) as is_inferred
        from {{ ref("int_reverts") }}
        group by fixing_deployment_id
    ),
    live as (
        select
            deployment_id,
            row_number() over (
                partition by service_id, environment_id
                order by finished_at, deployment_id
            ) as live_position,
            lag(deployment_id) over (
                partition by service_id, environment_id
                order by finished_at, deployment_id
            ) as previous_deployment_id,
            lag(artifact_key) over (
                partition by service_id, environment_id
                order by finished_at, deployment_id
            ) as previous_artifact_key,
            max(finished_at) over (
                partition by service_id, environment_id, artifact_key
                order by finished_at, deployment_id
                rows between unbounded preceding and 1 preceding
            ) as same_artifact_finished_at
        from deployments
        where reached_production and exclusion_reason is null
    )
select
    deployments.deployment_id,
    live.live_position,
    live.previous_deployment_id,
    deployments.task = 'deploy:hotfix' or hotfix_refs.ref is not null as is_hotfix,
    case
        when deployments.artifact_key = live.previous_artifact_key
        then 'redeploy'
        when deployments.is_rollback
        then 'rollback'
        when
            live.same_artifact_finished_at
            >= deployments.finished_at - interval 180 days
        then 'rollback'
        when
            fixing.deployment_id is not null
            or deployments.is_planned = false
            or deployments.task = 'deploy:hotfix'
            or hotfix_refs.ref is not null
        then 'rework'
        else 'forward'
    end as kind
from deployments
left join live on deployments.deployment_id = live.deployment_id
left join fixing on deployments.deployment_id = fixing.deployment_id
left join
    hotfix_refs
    on deployments.source = hotfix_refs.source
    and deployments.ref = hotfix_refs.ref
