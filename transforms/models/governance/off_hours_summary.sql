{#
  How often deployments begin outside of the allowed hours, by scope and period. A violation has
  neither two approvals nor an exemption; rollbacks by robots are counted and in no share.
#}
with
    judged as (
        select
            results.subject_id as deployment_id,
            results.service_id,
            results.team_id,
            results.occurred_at,
            results.occurred_date,
            results.reason_code <> 'on_hours' as is_off_hours,
            case
                when
                    results.reason_code
                    in ('on_hours', 'automated_rollback', 'overridden')
                then results.reason_code
                when results.verdict = 'exempt'
                then 'exempt'
                else 'violation'
            end as outcome,
            deployments.actor_id
        from {{ ref("control_results") }} as results
        inner join
            {{ ref("fct_deployments") }} as deployments
            on results.subject_id = deployments.deployment_id
        where results.control_id = 'authorised_hours'
    ),
    {# somebody's first one is the first of all that are known, in whatever period it lies #}
    marked as (
        select
            *,
            is_off_hours
            and outcome <> 'automated_rollback'
            and actor_id is not null
            and row_number() over (
                partition by actor_id, is_off_hours and outcome <> 'automated_rollback'
                order by occurred_at, deployment_id
            )
            = 1 as is_first_of_person
        from judged
    ),
    scoped as ({{ in_each_scope("marked") }}),
    dated as (
        select periods.grain, periods.period_start_date, scoped.*
        from scoped
        inner join
            {{ ref("periods") }} as periods
            on scoped.occurred_date >= periods.period_start_date
            and scoped.occurred_date < periods.period_end_date
            and periods.grain in ('month', 'quarter')
        union all
        select 'all' as grain, cast(null as date) as period_start_date, scoped.*
        from scoped
    ),
    by_person as (
        select grain, period_start_date, scope, scope_id, actor_id, count(*) as n
        from dated
        where is_off_hours and outcome <> 'automated_rollback' and actor_id is not null
        group by all
    ),
    people as (
        select
            grain,
            period_start_date,
            scope,
            scope_id,
            count(*) as person_count,
            sum(n) as known_person_count,
            max(n) as top_person_count
        from by_person
        group by grain, period_start_date, scope, scope_id
    ),
    counted as (
        select
            grain,
            period_start_date,
            scope,
            scope_id,
            count(case when outcome <> 'automated_rollback' then 1 end) as n,
            count(
                case when is_off_hours and outcome <> 'automated_rollback' then 1 end
            ) as off_hours_count,
            count(case when outcome = 'overridden' then 1 end) as overridden_count,
            count(case when outcome = 'exempt' then 1 end) as exempt_count,
            count(case when outcome = 'violation' then 1 end) as violation_count,
            count(
                case when outcome = 'automated_rollback' then 1 end
            ) as automated_rollback_count,
            coalesce(
                list(deployment_id order by occurred_at, deployment_id) filter (
                    where is_first_of_person
                ),
                []
            ) as first_deployment_ids
        from dated
        group by grain, period_start_date, scope, scope_id
    ),
    odds as (
        select *
        from {{ ref("failure_correlations") }}
        where factor = 'authorised_hours' and level_order = 2
    )
select
    counted.grain,
    counted.period_start_date,
    counted.scope,
    counted.scope_id,
    counted.n,
    counted.off_hours_count,
    counted.off_hours_count / nullif(counted.n, 0)::double as off_hours_ratio,
    {{ wilson_low("counted.off_hours_count", "counted.n") }} as off_hours_ratio_low,
    {{ wilson_high("counted.off_hours_count", "counted.n") }} as off_hours_ratio_high,
    counted.overridden_count,
    counted.overridden_count / nullif(counted.n, 0)::double as override_ratio,
    {{ wilson_low("counted.overridden_count", "counted.n") }} as override_ratio_low,
    {{ wilson_high("counted.overridden_count", "counted.n") }} as override_ratio_high,
    counted.violation_count,
    counted.violation_count / nullif(counted.n, 0)::double as violation_ratio,
    {{ wilson_low("counted.violation_count", "counted.n") }} as violation_ratio_low,
    {{ wilson_high("counted.violation_count", "counted.n") }} as violation_ratio_high,
    counted.exempt_count,
    counted.automated_rollback_count,
    coalesce(people.person_count, 0) as person_count,
    cast(coalesce(people.known_person_count, 0) as bigint) as known_person_count,
    people.top_person_count,
    people.top_person_count / nullif(people.known_person_count, 0) as top_person_ratio,
    counted.first_deployment_ids,
    odds.n as compared_count,
    odds.failed_count as compared_failed_count,
    odds.reference_n as on_hours_compared_count,
    odds.reference_failed_count as on_hours_failed_count,
    odds.odds_ratio,
    odds.odds_ratio_low,
    odds.odds_ratio_high,
    odds.p_stratified,
    odds.stratum_count,
    odds.statement
from counted
left join
    people
    on counted.grain = people.grain
    and counted.period_start_date is not distinct from people.period_start_date
    and counted.scope = people.scope
    and counted.scope_id = people.scope_id
left join odds on counted.grain = 'all' and counted.scope = 'organisation'
