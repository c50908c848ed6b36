with
    failures as (select * from {{ ref("deployment_failures") }}),
    evidence as (
        select
            deployment_id,
            arg_min(evidence, (strength, evidence, detail)) as failure_evidence,
            arg_min(detail, (strength, evidence, detail)) as failure_evidence_detail,
            min(strength) as failure_evidence_strength
        from failures
        where is_counted
        group by deployment_id
    ),
    incident_recoveries as (
        select
            failures.deployment_id,
            count(distinct failures.incident_id) as incident_count,
            min(incidents.impact_started_at) as impact_started_at,
            min(incidents.detected_at) as opened_at,
            max(incidents.restored_at) as restored_at,
            bool_or(incidents.is_open) as has_open_incident
        from failures
        inner join
            {{ ref("fct_incidents") }} as incidents
            on failures.incident_id = incidents.incident_id
        where failures.is_counted
        group by failures.deployment_id
    ),
    repairs as (
        select
            failures.deployment_id,
            min(
                case when failures.is_counted then repairs.finished_at end
            ) as repaired_at,
            min(
                case when failures.evidence = 'rolled_back' then repairs.finished_at end
            ) as rolled_back_at
        from failures
        inner join
            {{ ref("int_deployments__collapsed") }} as repairs
            on failures.fixed_by_deployment_id = repairs.deployment_id
        group by failures.deployment_id
    ),
    repairing as (
        select fixed_by_deployment_id as deployment_id
        from failures
        where fixed_by_deployment_id is not null
        group by fixed_by_deployment_id
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
            evidence.failure_evidence_strength,
            repairs.rolled_back_at,
            kinds.kind = 'rework'
            and repairing.deployment_id is null as is_unlinked_rework,
            coalesce(incident_recoveries.incident_count, 0) as incident_count,
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
                when incident_recoveries.deployment_id is null
                then repairs.repaired_at
                {# repaired before anybody opened the incident: a later restoration counts, if any #}
                when repairs.repaired_at <= incident_recoveries.opened_at
                then greatest(repairs.repaired_at, incident_recoveries.restored_at)
                when not incident_recoveries.has_open_incident
                then incident_recoveries.restored_at
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
        left join repairs on deployments.deployment_id = repairs.deployment_id
        left join repairing on deployments.deployment_id = repairing.deployment_id
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
    judged.sources,
    judged.source_url,
    judged.change_count,
    judged.commit_count,
    judged.attempt_count,
    judged.target_count,
    judged.reached_target_count,
    judged.incident_count,
    judged.failure_evidence_strength,
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
    judged.rolled_back_at is not null as is_rolled_back,
    judged.is_unlinked_rework,
    judged.is_history_rewritten,
    judged.is_failed and judged.recovery_at is null as is_recovery_open,
    judged.finished_at > {{ as_of() }} - interval 72 hours as is_immature,
    judged.finished_date,
    judged.started_at,
    judged.first_exposed_at,
    judged.finished_at,
    judged.rolled_back_at,
    case when judged.is_failed then judged.failure_began_at end as failed_at,
    case when judged.is_failed then judged.recovery_at end as recovered_at,
    judged.source
from judged
