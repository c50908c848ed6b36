{#
  Evidence for and against the failure of a deployment, one row per piece, in the ladder of
  transforms/metrics.md, section 4. What does not count stays with its reason: a deployment that was
  only live between a failed one and the rollback, and everything against which a person decided.
#}
with
    live as (
        select
            deployments.*,
            kinds.kind,
            kinds.live_position,
            kinds.target_position,
            kinds.is_hotfix,
            kinds.kind in ('forward', 'rework') as is_change,
            max(
                case
                    when kinds.kind in ('forward', 'rework') then kinds.live_position
                end
            ) over (
                partition by deployments.service_id, deployments.environment_id
                order by kinds.live_position
                rows between unbounded preceding and 1 preceding
            ) as last_change_position
        from {{ ref("int_deployments__collapsed") }} as deployments
        inner join
            {{ ref("int_deployments__kinds") }} as kinds
            on deployments.deployment_id = kinds.deployment_id
        where
            deployments.environment_tier = 'production'
            and deployments.reached_production
            and deployments.exclusion_reason is null
    ),
    verdicts as (
        select verdicts.*
        from {{ ref("verdicts") }} as verdicts
        inner join live on verdicts.deployment_id = live.deployment_id
        where verdicts.is_current
    ),
    links as (
        select links.*
        from {{ ref("deployment_incidents") }} as links
        inner join live on links.deployment_id = live.deployment_id
    ),
    naming as (
        select
            deployment_id,
            'verdict' as evidence,
            1::bigint as strength,
            'judged by a person: ' || reason as detail,
            null as incident_id,
            null as fixed_by_deployment_id,
            verdict = 'not_failed' as is_against,
            true as is_valid
        from verdicts
        union all
        select
            deployment_id,
            case evidence when 'verdict' then 'verdict' else 'incident' end as evidence,
            case evidence when 'verdict' then 1 else 2 end as strength,
            detail,
            incident_id,
            null as fixed_by_deployment_id,
            false as is_against,
            is_confirmed as is_valid
        from links
        union all
        select
            failed_deployment_id as deployment_id,
            'reverted' as evidence,
            4 as strength,
            case when is_inferred then 'inferred: ' else '' end
            || 'commit '
            || left(reverted_sha, 12)
            || ' was reverted by '
            || left(revert_sha, 12) as detail,
            null as incident_id,
            fixing_deployment_id as fixed_by_deployment_id,
            false as is_against,
            true as is_valid
        from {{ ref("int_reverts") }}
        union all
        select
            deployment_id,
            'verification' as evidence,
            5 as strength,
            'job ' || failed_verification || ' failed after it' as detail,
            null as incident_id,
            null as fixed_by_deployment_id,
            false as is_against,
            {# some targets changed and not all: it fails by remediation or by a flag only #}
            status <> 'partial' as is_valid
        from live
        where failed_verification is not null
        union all
        select
            deployment_id,
            'flagged' as evidence,
            5 as strength,
            'its source states that it failed' as detail,
            null as incident_id,
            null as fixed_by_deployment_id,
            false as is_against,
            true as is_valid
        from live
        where is_failure
        union all
        select
            live.deployment_id,
            'partial' as evidence,
            5 as strength,
            'not all of its targets changed' as detail,
            null as incident_id,
            null as fixed_by_deployment_id,
            false as is_against,
            true as is_valid
        from live
        inner join
            {{ ref("int_source_settings") }} as settings
            on live.source = settings.source
        where live.status = 'partial' and settings.partial_counts_as_failure
    ),
    named as (
        select
            deployment_id,
            min(case when is_valid and not is_against then strength end) as strength,
            bool_or(is_against) as is_acquitted
        from naming
        group by deployment_id
    ),
    undone as (
        {# the first rollback over a deployment undid it; a later one finds it undone #}
        select
            failed.deployment_id,
            failed.live_position,
            rollbacks.deployment_id as rollback_deployment_id,
            rollbacks.live_position as rollback_position,
            coalesce(rollbacks.version, rollbacks.deployment_id) as rollback_name
        from live as rollbacks
        inner join
            live as failed
            on rollbacks.service_id = failed.service_id
            and rollbacks.environment_id = failed.environment_id
            and failed.live_position
            > coalesce(rollbacks.target_position, rollbacks.last_change_position - 1)
            and failed.live_position < rollbacks.live_position
            and failed.is_change
        where rollbacks.kind = 'rollback'
        qualify
            row_number() over (
                partition by failed.deployment_id order by rollbacks.live_position
            )
            = 1
    ),
    rolled_back as (
        select
            undone.*,
            first_value(undone.deployment_id) over blame as blamed_deployment_id
        from undone
        left join named on undone.deployment_id = named.deployment_id
        window
            blame as (
                partition by undone.rollback_deployment_id
                order by
                    coalesce(named.is_acquitted, false),
                    named.strength nulls last,
                    undone.live_position
            )
    ),
    incident_names as (
        select name, min(root_incident_id) as root_incident_id
        from
            (
                select incident_id as name, root_incident_id
                from {{ ref("int_incidents__folded") }}
                union all
                select number as name, root_incident_id
                from {{ ref("int_incidents__folded") }}
            )
        group by name
    ),
    repairs as (
        {# who repairs without naming the cause blames the change before; if that was undone, its cause #}
        select
            fixes.deployment_id as fixed_by_deployment_id,
            coalesce(fixes.version, fixes.deployment_id) as name,
            links.incident_id,
            coalesce(
                links.deployment_id,
                rolled_back.blamed_deployment_id,
                blamed.deployment_id
            ) as deployment_id
        from live as fixes
        left join incident_names on fixes.fixes_incident = incident_names.name
        left join
            links
            on incident_names.root_incident_id = links.incident_id
            and links.is_confirmed
            and links.deployment_id <> fixes.deployment_id
        left join
            live as blamed
            on links.deployment_id is null
            and fixes.service_id = blamed.service_id
            and fixes.environment_id = blamed.environment_id
            and fixes.last_change_position = blamed.live_position
            and blamed.finished_at >= fixes.finished_at - interval 14 days
        left join
            rolled_back
            on blamed.deployment_id = rolled_back.deployment_id
            and rolled_back.rollback_position < fixes.live_position
        where fixes.is_hotfix and fixes.kind = 'rework'
    ),
    evidence as (
        select *, false as is_collateral
        from naming
        union all
        select
            deployment_id,
            'rolled_back' as evidence,
            3 as strength,
            'rolled back by ' || rollback_name as detail,
            null as incident_id,
            rollback_deployment_id as fixed_by_deployment_id,
            false as is_against,
            true as is_valid,
            deployment_id <> blamed_deployment_id as is_collateral
        from rolled_back
        union all
        select
            deployment_id,
            case
                when incident_id is null then 'hotfix' else 'linked_rework'
            end as evidence,
            4 as strength,
            case
                when incident_id is null
                then 'followed by hotfix ' || name
                else name || ' repaired its incident'
            end as detail,
            null as incident_id,
            fixed_by_deployment_id,
            false as is_against,
            true as is_valid,
            false as is_collateral
        from repairs
        where deployment_id is not null
    )
select
    evidence.deployment_id,
    evidence.evidence,
    evidence.strength,
    evidence.detail,
    evidence.incident_id,
    evidence.fixed_by_deployment_id,
    evidence.is_collateral,
    evidence.is_against,
    evidence.is_valid
    and not evidence.is_against
    and not evidence.is_collateral
    and not coalesce(named.is_acquitted, false) as is_counted
from evidence
left join named on evidence.deployment_id = named.deployment_id
