{#
  Apache DevLake: median deployment days a week, cycle time of pull requests, and an incident charged
  to the last successful production deployment of the project before it, whatever its service and age.
  Lead time: backend/plugins/dora/tasks/change_lead_time_calculator.go; links:
  incident_deploy_connector.go; medians and benchmarks: the SQL of docs/Metrics/*.md.
#}
{{ config(materialized="view") }}

with
    deployments as (select * from {{ peer_deployments() }}),
    incidents as (select * from {{ peer_incidents() }}),
    links as (select * from {{ last_deployment_links("finished_at") }}),
    units as (
        {{
            peer_units(
                "['deployment_days_per_week', 'deployment_frequency', 'change_failure_rate']"
            )
        }}
    ),
    {{ peer_failures_by_last_deployment("links", false) }},
    lead_times as (
        select
            'lead_time_for_changes' as metric,
            scope,
            service_id,
            change_id as observation_id,
            1::bigint as unit_count,
            {# three spans, each rounded up to a minute; one that is negative is left out #}
            greatest(0, {{ minutes_rounded_up("started_at", "ready_at") }})
            + {{ minutes_rounded_up("ready_at", "merged_at") }}
            + {{ minutes_rounded_up("merged_at", "whole_at") }} as value,
            is_reviewable and whole_at is not null as is_counted,
            false as is_numerator,
            case
                when not is_reviewable
                then 'commits without a pull request left out'
                when whole_at is null
                then 'changes of a partial deployment left out'
                when whole_at > deployed_at
                then 'changes of a partial deployment dated to the next whole one'
            end as cause,
            coalesce(whole_date, deployed_date) as anchor_date,
            null::date as until_date
        from {{ peer_changes() }}
        where exclusion_reason is null
    ),
    recoveries as (
        select
            'failed_deployment_recovery_time' as metric,
            links.scope,
            links.service_id,
            links.incident_id as observation_id,
            1::bigint as unit_count,
            {{ whole_minutes("deployments.finished_at", "links.resolved_at") }}
            as value,
            links.resolved_at is not null as is_counted,
            false as is_numerator,
            {{
                also(
                    "case when links.resolved_at is null then 'open incidents left out' when links.service_id is distinct from deployments.service_id then 'incidents charged to a deployment of another service' end",
                    "case when not deployments.is_failed then 'incidents of deployments that no evidence calls failed' end",
                )
            }}
            as cause,
            deployments.finished_date as anchor_date,
            links.resolved_date as until_date
        from links
        inner join deployments on links.deployment_id = deployments.deployment_id
        union all
        select 'failed_deployment_recovery_time' as metric, missed.* exclude (metric)
        from missed
    ),
    restorations as (
        {# MySQL ranks null first: an open incident counts as the shortest #}
        select
            'time_to_restore' as metric,
            'both' as scope,
            service_id,
            incident_id as observation_id,
            1::bigint as unit_count,
            {{ whole_minutes("created_at", "resolved_at") }} as value,
            true as is_counted,
            false as is_numerator,
            {{
                also(
                    "cause",
                    "case when resolved_at is null then 'open incidents ranked as the shortest' end",
                )
            }}
            as cause,
            created_date as anchor_date,
            null::date as until_date
        from incidents
    ),
    observations as (
        select *
        from units
        union all
        select *
        from failures
        union all
        select *
        from missed
        union all
        select *
        from crossed
        union all
        select *
        from lead_times
        union all
        select *
        from recoveries
        union all
        select *
        from restorations
    )
select *
from observations
