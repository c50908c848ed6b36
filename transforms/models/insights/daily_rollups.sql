{{ config(post_hook="{{ headline_between() }}") }}

{#
  What adds up, by day: counts of deployments, failures and rework of the organisation, each team
  and each service, and how long the changes of the organisation and of each team took, as a
  histogram. The counts come from the rows of the metrics themselves.
#}
with
    counted as (
        select
            service_id,
            team_id,
            anchor_date,
            1 as deployment_count,
            0 as judged_count,
            0 as failed_count,
            0 as rework_base_count,
            0 as rework_count
        from {{ observations_of("deployment_frequency") }}
        where exclusion_reason is null
        union all
        select service_id, team_id, anchor_date, 0, 1, is_numerator::integer, 0, 0
        from {{ observations_of("change_failure_rate") }}
        where exclusion_reason is null
        union all
        select service_id, team_id, anchor_date, 0, 0, 0, 1, is_numerator::integer
        from {{ observations_of("rework_rate") }}
        where exclusion_reason is null
    ),
    service_days as (
        select
            service_id,
            team_id,
            anchor_date,
            sum(deployment_count) as deployment_count,
            sum(judged_count) as judged_count,
            sum(failed_count) as failed_count,
            sum(rework_base_count) as rework_base_count,
            sum(rework_count) as rework_count
        from counted
        group by service_id, team_id, anchor_date
    ),
    scoped as (
        select
            'organisation' as scope,
            'all' as scope_id,
            null as team_id,
            service_days.* exclude (service_id, team_id)
        from service_days
        union all
        select
            'team' as scope,
            team_id as scope_id,
            team_id,
            service_days.* exclude (service_id, team_id)
        from service_days
        where team_id is not null
        union all
        select
            'service' as scope,
            service_id as scope_id,
            team_id,
            service_days.* exclude (service_id, team_id)
        from service_days
        where service_id is not null
    ),
    counts as (
        select
            scope,
            scope_id,
            team_id,
            anchor_date,
            sum(deployment_count)::bigint as deployment_count,
            sum(judged_count)::bigint as judged_count,
            sum(failed_count)::bigint as failed_count,
            sum(rework_base_count)::bigint as rework_base_count,
            sum(rework_count)::bigint as rework_count
        from scoped
        group by scope, scope_id, team_id, anchor_date
    ),
    lead_times as (
        select
            'organisation' as scope,
            'all' as scope_id,
            null as team_id,
            anchor_date,
            value
        from {{ once(observations_of("lead_time_for_changes")) }}
        where exclusion_reason is null
        union all
        select 'team' as scope, team_id as scope_id, team_id, anchor_date, value
        from {{ once(observations_of("lead_time_for_changes"), within="team_id, ") }}
        where exclusion_reason is null and team_id is not null
    ),
    bins as (
        select
            scope,
            scope_id,
            team_id,
            anchor_date,
            {{ bin_of("value") }} as bin,
            count(*) as bin_count
        from lead_times
        group by scope, scope_id, team_id, anchor_date, bin
    ),
    histograms as (
        select
            scope,
            scope_id,
            team_id,
            anchor_date,
            sum(bin_count)::bigint as lead_time_count,
            list(bin order by bin) as lead_time_bins,
            list(bin_count::integer order by bin) as lead_time_bin_counts
        from bins
        group by scope, scope_id, team_id, anchor_date
    )
select
    coalesce(counts.scope, histograms.scope) as scope,
    coalesce(counts.scope_id, histograms.scope_id) as scope_id,
    coalesce(counts.team_id, histograms.team_id) as team_id,
    coalesce(counts.deployment_count, 0) as deployment_count,
    coalesce(counts.judged_count, 0) as judged_count,
    coalesce(counts.failed_count, 0) as failed_count,
    coalesce(counts.rework_base_count, 0) as rework_base_count,
    coalesce(counts.rework_count, 0) as rework_count,
    coalesce(histograms.lead_time_count, 0) as lead_time_count,
    histograms.lead_time_bins,
    histograms.lead_time_bin_counts,
    coalesce(counts.anchor_date, histograms.anchor_date) as anchor_date
from counts
full join
    histograms
    on counts.scope = histograms.scope
    and counts.scope_id = histograms.scope_id
    and counts.anchor_date = histograms.anchor_date
    and counts.team_id is not distinct from histograms.team_id
