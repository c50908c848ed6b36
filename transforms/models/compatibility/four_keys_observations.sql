{#
  Four Keys (archived by its authors): commits with merge commits from commit to deployment, incidents
  only where their text names the commit that caused them. METRICS.md, queries/*.sql.
  A push brings its commits once; an installation that missed pushes would see fewer.
#}
{{ config(materialized="view") }}

with
    deployments as (select * from {{ peer_deployments() }}),
    incidents as (select * from {{ peer_incidents() }}),
    causes as (
        select
            links.incident_id,
            deployments.deployment_id,
            deployments.finished_at,
            deployments.finished_date
        from {{ ref("deployment_incidents") }} as links
        inner join deployments on links.deployment_id = deployments.deployment_id
    ),
    squashed as (
        select distinct change_id
        from {{ ref("fct_commits") }}
        where exclusion_reason = 'squashed'
    ),
    units as ({{ peer_units("['deployment_days_per_week', 'change_failure_rate']") }}),
    pushed as (
        {# the commits of the branch that was deployed: a squash commit, not what it was squashed from #}
        select
            commits.*,
            deployments.whole_at,
            deployments.whole_date,
            trunc(
                {{ seconds_between("commits.committed_at", "deployments.whole_at") }}
                / 60
            ) as minutes
        from {{ ref("fct_commits") }} as commits
        inner join deployments on commits.deployment_id = deployments.deployment_id
        left join squashed on commits.change_id = squashed.change_id
        where squashed.change_id is null or commits.exclusion_reason = 'squashed'
    ),
    lead_times as (
        select
            'lead_time_for_changes' as metric,
            'both' as scope,
            service_id,
            repository || '@' || commit_sha as observation_id,
            1::bigint as unit_count,
            minutes * 60 as value,
            coalesce(minutes > 0, false) as is_counted,
            false as is_numerator,
            case
                when whole_at is null
                then 'commits of a partial deployment left out'
                when minutes <= 0
                then 'commits of less than a minute left out'
                when is_baseline
                then 'commits of a first deployment counted'
                when exclusion_reason = 'merge_commit'
                then 'merge commits counted'
                when exclusion_reason = 'squashed'
                then 'squash commits counted from their merge'
            end as cause,
            coalesce(whole_date, deployed_date) as anchor_date,
            null::date as until_date
        from pushed
        where
            coalesce(exclusion_reason, '')
            not in ('impossible_time', 'negative_duration', 'missing_start')
    ),
    restorations as (
        select
            'time_to_restore' as metric,
            'both' as scope,
            incidents.service_id,
            incidents.incident_id as observation_id,
            1::bigint as unit_count,
            trunc(
                {{
                    seconds_between(
                        "least(incidents.created_at, coalesce(causes.finished_at, incidents.created_at))",
                        "incidents.resolved_at",
                    )
                }}
                / 3600
            )
            * 3600 as value,
            incidents.resolved_at is not null as is_counted,
            false as is_numerator,
            {{
                also(
                    "incidents.cause",
                    "case when incidents.resolved_at is null then 'open incidents left out' when causes.finished_at < incidents.created_at then 'incidents timed from the deployment that caused them' end",
                )
            }}
            as cause,
            least(
                incidents.created_date,
                coalesce(causes.finished_date, incidents.created_date)
            ) as anchor_date,
            null::date as until_date
        from incidents
        left join causes on incidents.incident_id = causes.incident_id
    ),
    failures as (
        select
            'change_failure_rate' as metric,
            'both' as scope,
            deployments.service_id,
            deployments.deployment_id as observation_id,
            0::bigint as unit_count,
            null::double as value,
            false as is_counted,
            bool_or(causes.deployment_id is not null)
            and bool_or(deployments.is_succeeded) as is_numerator,
            case
                when not bool_or(causes.deployment_id is not null)
                then
                    'failed deployments missed: rolled back, reverted or repaired without an incident'
                when not bool_or(deployments.is_failed)
                then 'failed rollbacks and redeploys counted'
            end as cause,
            max(deployments.finished_date) as anchor_date,
            null::date as until_date
        from deployments
        left join causes on deployments.deployment_id = causes.deployment_id
        where deployments.is_failed or causes.deployment_id is not null
        group by deployments.service_id, deployments.deployment_id
    ),
    observations as (
        select *
        from units
        union all
        select *
        from lead_times
        union all
        select *
        from restorations
        union all
        select *
        from failures
    )
select *
from observations
