{#
  Middleware: means, resolved incidents alone, pull requests by the day of their merge, and a deployment
  fails when an incident opens before the next one of the team.
  backend/analytics_server/mhq/service/{incidents/incidents,code/lead_time,deployments/analytics}.py,
  code/sync/etl_code_analytics.py and merge_to_deploy_broker/mtd_handler.py.
#}
{{ config(materialized="view") }}

with
    deployments as (select * from {{ peer_deployments() }}),
    incidents as (select * from {{ peer_incidents() }}),
    {# a run counts from its start #}
    links as (select * from {{ last_deployment_links("started_at") }}),
    units as ({{ peer_units("['deployment_frequency', 'change_failure_rate']") }}),
    {{ peer_failures_by_last_deployment("links", true) }},
    runs as (
        select service_id, started_at
        from deployments
        where is_succeeded
        group by service_id, started_at
    ),
    shared as (
        select change_id, min(service_id) as service_id
        from {{ ref("fct_changes") }}
        where is_shared
        group by change_id
    ),
    merged as (
        select
            case
                when changes.is_shared and shared.service_id <> changes.service_id
                then 'service'
                else 'both'
            end as scope,
            changes.*
        from {{ ref("fct_changes") }} as changes
        left join shared on changes.change_id = shared.change_id
        where
            changes.merged_at is not null
            and coalesce(changes.exclusion_reason, '')
            not in ('impossible_time', 'negative_duration')
    ),
    lead_times as (
        {# stages that nobody recorded are zero, so a change without an approval loses its review #}
        select
            'lead_time_for_changes' as metric,
            merged.scope,
            merged.service_id,
            merged.change_id as observation_id,
            1::bigint as unit_count,
            greatest(
                0,
                coalesce(
                    {{ seconds_between("merged.started_at", "merged.ready_at") }}, 0
                )
            ) + case
                when merged.approved_at is not null
                then {{ seconds_between("merged.ready_at", "merged.merged_at") }}
                when merged.first_review_at is not null
                then {{ seconds_between("merged.ready_at", "merged.first_review_at") }}
                else 0
            end
            + {{ seconds_between("merged.merged_at", "runs.started_at") }} as value,
            merged.is_reviewable and runs.started_at is not null as is_counted,
            false as is_numerator,
            nullif(
                concat_ws(
                    '; ',
                    case
                        when
                            not merged.is_reviewable and merged.exclusion_reason is null
                        then 'commits without a pull request left out'
                        when not merged.is_reviewable or runs.started_at is null
                        then null
                        when merged.exclusion_reason = 'no_baseline'
                        then 'changes of a first deployment counted'
                        when merged.exclusion_reason = 'not_deployed'
                        then 'changes dated to a deployment that did not carry them'
                        when runs.started_at < merged.deploy_started_at
                        then 'changes dated to an earlier deployment than theirs'
                        when runs.started_at > merged.deploy_started_at
                        then 'changes dated to a later deployment than theirs'
                    end,
                    case
                        when
                            merged.is_reviewable
                            and runs.started_at is not null
                            and merged.approved_at is null
                        then 'changes without an approval, cut short at their review'
                    end
                ),
                ''
            ) as cause,
            {{ local_date("merged.merged_at") }} as anchor_date,
            null::date as until_date
        from merged
        asof left join
            runs
            on merged.service_id = runs.service_id
            and merged.merged_at <= runs.started_at
    ),
    restorations as (
        select
            'time_to_restore' as metric,
            'both' as scope,
            service_id,
            incident_id as observation_id,
            1::bigint as unit_count,
            {{ seconds_between("created_at", "resolved_at") }} as value,
            resolved_at is not null as is_counted,
            false as is_numerator,
            {{
                also(
                    "cause",
                    "case when resolved_at is null then 'open incidents left out' end",
                )
            }} as cause,
            coalesce(resolved_date, created_date) as anchor_date,
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
        from restorations
    )
select *
from observations
