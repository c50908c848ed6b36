with
    evidence as (
        select
            deployment_id,
            arg_min(evidence, (strength, evidence, detail)) as failure_evidence,
            arg_min(detail, (strength, evidence, detail)) as failure_evidence_detail,
            bool_or(evidence = 'rolled_back') as is_rolled_back
        from {{ ref("deployment_failures") }}
        where not is_collateral
        group by deployment_id
    ),
    incident_recoveries as (
        select
            failures.deployment_id,
            min(incidents.impact_started_at) as impact_started_at,
            max(incidents.restored_at) as restored_at,
            bool_or(incidents.is_open) as has_open_incident
        from {{ ref("deployment_failures") }} as failures
        inner join
            {{ ref("fct_incidents") }} as incidents
            on failures.incident_id = incidents.incident_id
        group by failures.deployment_id
    ),
    repair_recoveries as (
        select failures.deployment_id, min(repairs.finished_at) as repaired_at
        from {{ ref("deployment_failures") }} as failures
        inner join
            {{ ref("int_deployments__collapsed") }} as repairs
            on failures.fixed_by_deployment_id = repairs.deployment_id
        where not failures.is_collateral
        group by failures.deployment_id
    ),
    change_counts as (
        select deployment_id, count(*) as change_count
        from {{ ref("fct_changes") }}
        where
            deployment_id is not null and exclusion_reason is distinct from 'same_patch'
        group by deployment_id
    ),
    commit_counts as (
        select deployment_id, count(*) as commit_count
        from {{ ref("fct_commits") }}
        where
            deployment_id is not null
            and coalesce(exclusion_reason, '') not in ('squashed', 'same_patch')
        group by deployment_id
    ),
    judged as (
        select
            deployments.*,
            kinds.kind,
            kinds.previous_deployment_id,
            evidence.failure_evidence,
            evidence.failure_evidence_detail,
            coalesce(evidence.is_rolled_back, false) as is_rolled_back,
            kinds.kind in ('forward', 'rework') as is_change,
            kinds.kind in ('forward', 'rework')
            and deployments.reached_production
            and evidence.deployment_id is not null as is_failed,
            greatest(
                deployments.started_at,
                least(
                    deployments.finished_at,
                    coalesce(
                        incident_recoveries.impact_started_at, deployments.finished_at
                    )
                )
            ) as failure_began_at,
            case
                when incident_recoveries.has_open_incident
                then null
                else
                    coalesce(
                        incident_recoveries.restored_at, repair_recoveries.repaired_at
                    )
            end as recovery_at,
            coalesce(change_counts.change_count, 0) as change_count,
            coalesce(commit_counts.commit_count, 0) as commit_count,
            history.deployment_id is not null as is_history_rewritten
        from {{ ref("int_deployments__collapsed") }} as deployments
        inner join
            {{ ref("int_deployments__kinds") }} as kinds
            on deployments.deployment_id = kinds.deployment_id
        left join evidence on deployments.deployment_id = evidence.deployment_id
        left join
            incident_recoveries
            on deployments.deployment_id = incident_recoveries.deployment_id
        left join
            repair_recoveries
            on deployments.deployment_id = repair_recoveries.deployment_id
        left join
            change_counts on deployments.deployment_id = change_counts.deployment_id
        left join
            commit_counts on deployments.deployment_id = commit_counts.deployment_id
        left join
            {{ ref("int_deployments__history") }} as history
            on deployments.deployment_id = history.deployment_id
    )
select
    judged.deployment_id,
    judged.service_id,
    judged.team_id,
    judged.environment_id,
    judged.previous_deployment_id,
    coalesce(judged.pipeline_run_id, judged.deployment_id) as release_id,
    judged.repository,
    judged.commit_sha,
    judged.artifact_key,
    judged.actor_id,
    judged.environment_tier,
    judged.version,
    judged.strategy,
    judged.change_request_number,
    judged.status,
    judged.kind,
    judged.failure_evidence,
    judged.failure_evidence_detail,
    judged.exclusion_reason,
    judged.source_url,
    judged.change_count,
    judged.commit_count,
    judged.attempt_count,
    {{ seconds_between("judged.started_at", "judged.finished_at") }}
    as duration_seconds,
    case
        when judged.is_failed
        then
            greatest(
                {{
                    seconds_between(
                        "judged.failure_began_at",
                        "coalesce(judged.recovery_at, " ~ as_of() ~ ")",
                    )
                }},
                0
            )
    end as recovery_seconds,
    judged.reached_production,
    judged.is_change,
    judged.status = 'partial' as is_partial,
    judged.is_failed,
    judged.is_rolled_back,
    judged.is_history_rewritten,
    judged.is_failed and judged.recovery_at is null as is_recovery_open,
    judged.finished_at > {{ as_of() }} - interval 72 hours as is_immature,
    judged.finished_date,
    judged.started_at,
    judged.finished_at,
    case when judged.is_failed then judged.failure_began_at end as failed_at,
    case when judged.is_failed then judged.recovery_at end as recovered_at,
    judged.source
from judged
