{#
  GitLab: a row a day and project (environment), so a longer period is the median of daily medians.
  ee/app/models/dora/{lead_time_for_changes,time_to_restore_service,change_failure_rate}_metric.rb and
  app/services/deployments/link_merge_requests_service.rb; doc/user/analytics/dora_metrics.md.
#}
{{ config(materialized="view") }}

with
    deployments as (select * from {{ peer_deployments() }}),
    incidents as (select * from {{ peer_incidents() }}),
    tied as (select distinct incident_id from {{ ref("deployment_incidents") }}),
    units as ({{ peer_units("['deployment_frequency', 'change_failure_rate']") }}),
    merged as (
        {# the first deployment of an environment is linked to everything merged so far #}
        select
            scope,
            service_id,
            change_id,
            {{ seconds_between("merged_at", "whole_at") }} as value,
            is_reviewable
            and whole_at >= merged_at
            and (
                exclusion_reason is null or exclusion_reason = 'no_baseline'
            ) as is_counted,
            case
                when exclusion_reason = 'no_baseline' and not is_reviewable
                then null
                when exclusion_reason = 'no_baseline'
                then 'changes of a first deployment counted'
                when not is_reviewable
                then 'commits without a merge request left out'
                when whole_at > deployed_at
                then 'changes of a partial deployment dated to the next whole one'
            end as cause,
            coalesce(whole_date, deployed_date) as anchor_date
        from {{ peer_changes() }}
        where exclusion_reason is null or exclusion_reason = 'no_baseline'
    ),
    lead_times as (
        select
            'lead_time_for_changes' as metric,
            scopes.scope,
            merged.service_id,
            merged.service_id || '|' || merged.anchor_date as observation_id,
            count(*) as unit_count,
            quantile_cont(merged.value, 0.5) as value,
            true as is_counted,
            false as is_numerator,
            null as cause,
            merged.anchor_date,
            null::date as until_date
        from merged
        inner join
            (select unnest(['organisation', 'service']) as scope) as scopes
            on merged.scope = 'both'
            or merged.scope = scopes.scope
        where merged.is_counted
        group by scopes.scope, merged.service_id, merged.anchor_date
        union all
        select
            'lead_time_for_changes' as metric,
            scope,
            service_id,
            change_id as observation_id,
            0::bigint as unit_count,
            null::double as value,
            false as is_counted,
            false as is_numerator,
            cause,
            anchor_date,
            null::date as until_date
        from merged
        where cause is not null
    ),
    restorations as (
        select
            'time_to_restore' as metric,
            'both' as scope,
            service_id,
            coalesce(service_id, '?') || '|' || closed_date as observation_id,
            count(*) as unit_count,
            quantile_cont(
                {{ seconds_between("created_at", "closed_at") }}, 0.5
            ) as value,
            true as is_counted,
            false as is_numerator,
            null as cause,
            closed_date as anchor_date,
            null::date as until_date
        from incidents
        where closed_at is not null
        group by service_id, closed_date
        union all
        select
            'time_to_restore' as metric,
            'both' as scope,
            service_id,
            incident_id as observation_id,
            0::bigint as unit_count,
            null::double as value,
            false as is_counted,
            false as is_numerator,
            {{
                also(
                    "cause",
                    "case when closed_at is null then 'open incidents left out' when closed_at > resolved_at then 'incidents timed to the closing of the record' end",
                )
            }}
            as cause,
            coalesce(closed_date, created_date) as anchor_date,
            null::date as until_date
        from incidents
    ),
    failures as (
        {# every incident is one failed deployment #}
        select
            'change_failure_rate' as metric,
            'both' as scope,
            incidents.service_id,
            incidents.incident_id as observation_id,
            0::bigint as unit_count,
            null::double as value,
            false as is_counted,
            true as is_numerator,
            {{
                also(
                    "incidents.cause",
                    "case when tied.incident_id is null then 'incidents counted that no record ties to a deployment' end",
                )
            }}
            as cause,
            incidents.created_date as anchor_date,
            null::date as until_date
        from incidents
        left join tied on incidents.incident_id = tied.incident_id
        union all
        select
            'change_failure_rate' as metric,
            'both' as scope,
            service_id,
            deployment_id as observation_id,
            0::bigint as unit_count,
            null::double as value,
            false as is_counted,
            false as is_numerator,
            'failed deployments missed: rolled back, reverted or repaired without an incident'
            as cause,
            finished_date as anchor_date,
            null::date as until_date
        from deployments
        where is_failed and failure_evidence is distinct from 'incident'
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
