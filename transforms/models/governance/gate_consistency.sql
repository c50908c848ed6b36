{#
  Which gates were really run before deployments of the last 90 days, compared between environments of
  a team. A gate counts for an environment when it ran to an end before a given share of its
  deployments: one run in a quarter is no criterion of promotion.
#}
with
    deployments as (
        select
            facts.deployment_id,
            facts.team_id,
            facts.service_id,
            facts.environment_id,
            facts.commit_sha,
            facts.started_at,
            records.artifact_digest
        from {{ ref("fct_deployments") }} as facts
        left join
            {{ ref("deployments") }} as records
            on facts.deployment_id = records.deployment_id
            and records.is_current
        where
            facts.team_id is not null
            and facts.exclusion_reason is null
            and facts.started_at > {{ as_of() }} - interval 90 days
    ),
    identities as (
        select deployment_id, commit_sha
        from deployments
        union
        select deployments.deployment_id, bindings.commit_sha
        from deployments
        inner join
            {{ ref("artifact_commits") }} as bindings
            on deployments.artifact_digest = bindings.artifact_digest
    ),
    executed as (
        select distinct
            deployments.team_id,
            deployments.environment_id,
            deployments.deployment_id,
            runs.gate
        from deployments
        inner join identities on deployments.deployment_id = identities.deployment_id
        inner join
            {{ ref("gate_runs") }} as runs
            on identities.commit_sha = runs.commit_sha
            and runs.status in ('success', 'failed')
            and runs.finished_at <= deployments.started_at
    ),
    totals as (
        select team_id, environment_id, count(*) as deployment_count
        from deployments
        group by team_id, environment_id
    ),
    gates as (
        select executed.team_id, executed.environment_id, executed.gate
        from executed
        inner join
            totals
            on executed.team_id = totals.team_id
            and executed.environment_id = totals.environment_id
        group by
            executed.team_id,
            executed.environment_id,
            executed.gate,
            totals.deployment_count
        having
            count(*) * 1.0 / totals.deployment_count
            >= {{ threshold("gate_executed_ratio_min") }}
    ),
    pairs as (
        select
            firsts.team_id,
            firsts.environment_id as first_environment_id,
            seconds.environment_id as second_environment_id,
            firsts.deployment_count as first_deployment_count,
            seconds.deployment_count as second_deployment_count
        from totals as firsts
        inner join
            totals as seconds
            on firsts.team_id = seconds.team_id
            and firsts.environment_id < seconds.environment_id
    ),
    compared as (
        select
            pairs.team_id,
            pairs.first_environment_id,
            pairs.second_environment_id,
            gates.gate,
            bool_or(gates.environment_id = pairs.first_environment_id) as is_in_first,
            bool_or(gates.environment_id = pairs.second_environment_id) as is_in_second
        from pairs
        inner join
            gates
            on pairs.team_id = gates.team_id
            and gates.environment_id
            in (pairs.first_environment_id, pairs.second_environment_id)
        group by
            pairs.team_id,
            pairs.first_environment_id,
            pairs.second_environment_id,
            gates.gate
    ),
    sets as (
        select
            team_id,
            first_environment_id,
            second_environment_id,
            list(gate order by gate) filter (
                where is_in_first and is_in_second
            ) as common_gates,
            list(gate order by gate) filter (
                where not is_in_second
            ) as only_in_first_gates,
            list(gate order by gate) filter (
                where not is_in_first
            ) as only_in_second_gates,
            count(case when is_in_first and is_in_second then 1 end)
            * 1.0
            / count(*) as consistency_ratio
        from compared
        group by team_id, first_environment_id, second_environment_id
    )
select
    pairs.team_id,
    pairs.first_environment_id,
    pairs.second_environment_id,
    coalesce(sets.common_gates, []) as common_gates,
    coalesce(sets.only_in_first_gates, []) as only_in_first_gates,
    coalesce(sets.only_in_second_gates, []) as only_in_second_gates,
    pairs.first_deployment_count,
    pairs.second_deployment_count,
    sets.consistency_ratio
from pairs
left join
    sets
    on pairs.team_id = sets.team_id
    and pairs.first_environment_id = sets.first_environment_id
    and pairs.second_environment_id = sets.second_environment_id
