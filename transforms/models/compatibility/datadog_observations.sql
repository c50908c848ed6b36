{#
  Datadog: every deployment event counts, a failure is what a rollback, a revert or a hotfix repairs;
  incidents decide nothing. docs.datadoghq.com/dora_metrics/calculation and /change_failure_detection.
  A commit that is released again after a rollback counts once here.
#}
{{ config(materialized="view") }}

with
    deployments as (
        select
            *,
            row_number() over succession as place,
            lag(finished_at) over succession as previous_finished_at
        from {{ peer_deployments() }}
        window
            succession as (
                partition by service_id, environment_id
                order by finished_at, deployment_id
            )
    ),
    redeployed as (
        {# where the version was live last: a rollback when that is not the deployment before #}
        select
            *,
            max(place) over (
                partition by service_id, environment_id, coalesce(commit_sha, version)
                order by place
                rows between unbounded preceding and 1 preceding
            ) as target_place
        from deployments
    ),
    shipped as (
        select
            facts.service_id,
            deployments.environment_id,
            deployments.place,
            requests.title,
            regexp_extract(requests.title, '^Revert "(.*)"$', 1) as reverted_title,
            concat_ws(
                ' ',
                requests.title,
                requests.head_branch,
                array_to_string(requests.labels, ' ')
            ) as words
        from {{ ref("fct_changes") }} as facts
        inner join
            {{ ref("changes") }} as requests on facts.change_id = requests.change_id
        inner join deployments on facts.deployment_id = deployments.deployment_id
    ),
    remedies as (
        select service_id, environment_id, place, target_place + 1 as failed_place
        from redeployed
        where target_place < place - 1
        union all
        select service_id, environment_id, place, place - 1 as failed_place
        from shipped
        where words ilike '%hotfix%' or words ilike '%incident%'
        union all
        select
            reverts.service_id,
            reverts.environment_id,
            reverts.place,
            max(originals.place) as failed_place
        from shipped as reverts
        inner join
            shipped as originals
            on reverts.service_id = originals.service_id
            and reverts.environment_id = originals.environment_id
            and reverts.reverted_title = originals.title
            and reverts.place > originals.place
        where reverts.reverted_title <> ''
        group by reverts.service_id, reverts.environment_id, reverts.place
    ),
    failed as (
        select deployments.deployment_id, min(repairs.finished_at) as repaired_at
        from remedies
        inner join
            deployments
            on remedies.service_id = deployments.service_id
            and remedies.environment_id = deployments.environment_id
            and remedies.failed_place = deployments.place
        inner join
            deployments as repairs
            on remedies.service_id = repairs.service_id
            and remedies.environment_id = repairs.environment_id
            and remedies.place = repairs.place
        group by deployments.deployment_id
    ),
    units as (
        {{
            peer_units(
                "['deployment_frequency', 'change_failure_rate']", counts_partial=true
            )
        }}
    ),
    judged as (
        select
            deployments.*,
            failed.repaired_at,
            failed.deployment_id is not null as is_failure,
            case
                when
                    failed.deployment_id is null
                    and deployments.failure_evidence = 'incident'
                then 'failed deployments missed: known by an incident alone'
                when failed.deployment_id is null
                then 'failed deployments missed: repaired in a way no rule matches'
                when not deployments.is_failed
                then 'deployments blamed that no evidence calls failed'
            end as cause
        from deployments
        left join failed on deployments.deployment_id = failed.deployment_id
        where failed.deployment_id is not null or deployments.is_failed
    ),
    failures as (
        select
            'change_failure_rate' as metric,
            'both' as scope,
            service_id,
            deployment_id as observation_id,
            0::bigint as unit_count,
            null::double as value,
            false as is_counted,
            is_failure as is_numerator,
            cause,
            finished_date as anchor_date,
            null::date as until_date
        from judged
        union all
        select
            'failed_deployment_recovery_time' as metric,
            'both' as scope,
            service_id,
            deployment_id as observation_id,
            1::bigint as unit_count,
            {{ seconds_between("finished_at", "repaired_at") }} as value,
            is_failure as is_counted,
            false as is_numerator,
            cause,
            finished_date as anchor_date,
            null::date as until_date
        from judged
    ),
    lead_times as (
        select
            'lead_time_for_changes' as metric,
            'both' as scope,
            commits.service_id,
            commits.repository || '@' || commits.commit_sha as observation_id,
            1::bigint as unit_count,
            commits.lead_time_seconds as value,
            deployments.finished_at - deployments.previous_finished_at
            <= interval 60 days as is_counted,
            false as is_numerator,
            case
                when
                    deployments.finished_at - deployments.previous_finished_at
                    > interval 60 days
                then 'commits left out: 60 days without a deployment before theirs'
                when commits.is_shared
                then 'commits of a shared repository counted once a service'
            end as cause,
            commits.deployed_date as anchor_date,
            null::date as until_date
        from {{ ref("fct_commits") }} as commits
        inner join deployments on commits.deployment_id = deployments.deployment_id
        where commits.exclusion_reason is null
    ),
    observations as (
        select *
        from units
        union all
        select *
        from failures
        union all
        select *
        from lead_times
    )
select *
from observations
