{#
  What is worth telling somebody, by rules that the charts draw too; one row a signal, its key the
  same in every build that sees it. Only numbers that are final count: complete periods, firm limits.
#}
{% set today = local_date(as_of()) %}
with
    limits as (
        select
            limits.*,
            series.n,
            not coalesce(lag(is_run_of_8) over one_series, false) as was_no_run,
            row_number() over (
                partition by limits.metric, limits.grain, limits.scope, limits.scope_id
                order by limits.period_start_date desc
            )
            = 1 as is_latest
        from {{ ref("control_limits") }} as limits
        inner join
            {{ ref("int_metric_series") }} as series
            on limits.metric = series.metric
            and limits.grain = series.grain
            and limits.scope = series.scope
            and limits.scope_id = series.scope_id
            and limits.period_start_date = series.period_start_date
        where limits.is_firm
        window
            one_series as (
                partition by limits.metric, limits.grain, limits.scope, limits.scope_id
                order by limits.period_start_date
            )
    ),
    fresh as (
        select *
        from limits
        where
            is_latest
            and period_end_date
            >= {{ today }} - case grain when 'week' then 21 else 62 end
    ),
    runs as (
        select
            fresh.metric,
            fresh.grain,
            fresh.scope,
            fresh.scope_id,
            max(limits.period_start_date) as began_date
        from fresh
        inner join
            limits
            on fresh.metric = limits.metric
            and fresh.grain = limits.grain
            and fresh.scope = limits.scope
            and fresh.scope_id = limits.scope_id
        where fresh.is_run_of_8 and limits.is_run_of_8 and limits.was_no_run
        group by fresh.metric, fresh.grain, fresh.scope, fresh.scope_id
    ),
    verdicts as (
        select
            *,
            lag(verdict) over series as earlier_verdict,
            lag(value) over series as earlier_value,
            row_number() over (
                partition by goal_id, grain order by period_start_date desc
            ) as age
        from {{ ref("goal_states") }}
        where
            grain <> 'last_90_days'
            and is_complete
            and not is_provisional
            and verdict in ('on_target', 'watch', 'off_target')
        window series as (partition by goal_id, grain order by period_start_date)
    ),
    found as (
        select
            'beyond_limit' as rule,
            metric,
            grain,
            scope,
            scope_id,
            null::varchar as subject,
            case when value > upper then 'above' else 'below' end as word,
            null::varchar as earlier_word,
            value,
            n,
            centre as earlier_value,
            lower,
            upper,
            period_start_date,
            period_end_date
        from fresh
        where is_beyond_limit
        union all
        select
            'run_of_8',
            fresh.metric,
            fresh.grain,
            fresh.scope,
            fresh.scope_id,
            null,
            case when fresh.value > fresh.centre then 'above' else 'below' end,
            null,
            fresh.value,
            fresh.n,
            fresh.centre,
            fresh.lower,
            fresh.upper,
            runs.began_date,
            fresh.period_end_date
        from fresh
        inner join
            runs
            on fresh.metric = runs.metric
            and fresh.grain = runs.grain
            and fresh.scope = runs.scope
            and fresh.scope_id = runs.scope_id
        union all
        select
            'change_point',
            metric,
            'week',
            scope,
            scope_id,
            null,
            case when difference > 0 then 'above' else 'below' end,
            null,
            value_after,
            null,
            value_before,
            null,
            null,
            changed_date,
            changed_date + 7
        from {{ ref("change_points") }}
        where changed_date >= {{ today }} - 91
        union all
        select
            'clear_change',
            metric,
            grain,
            scope,
            scope_id,
            null,
            case when value > baseline_median then 'above' else 'below' end,
            null,
            value,
            n,
            baseline_median,
            baseline_low,
            baseline_high,
            period_start_date,
            period_end_date
        from {{ ref("metric_baselines") }}
        where grain = 'month' and verdict in ('better', 'worse') and not is_provisional
        union all
        select
            'goal_verdict',
            metric,
            grain,
            scope,
            scope_id,
            goal_id,
            verdict,
            earlier_verdict,
            value,
            n,
            target_value,
            ci_low,
            ci_high,
            period_start_date,
            period_end_date
        from verdicts
        where age = 1 and verdict <> earlier_verdict
        union all
        select
            'late_source',
            null,
            'instant',
            'source',
            source,
            source,
            'late',
            null,
            max(lag_seconds),
            null,
            max(expected_lag_seconds),
            null,
            null,
            coalesce(cast(min(last_success_at) as date), date '1970-01-01'),
            {{ today }}
        from {{ ref("source_health") }}
        where is_late
        group by source
    )
select
    concat_ws(
        ':',
        found.rule,
        coalesce(
            found.subject, found.metric || ':' || found.scope || ':' || found.scope_id
        ),
        found.grain,
        found.period_start_date
    ) as signal_id,
    found.rule,
    found.metric,
    found.grain,
    found.scope,
    found.scope_id,
    found.subject,
    found.word,
    found.earlier_word,
    found.value,
    cast(found.n as bigint) as n,
    found.earlier_value,
    found.lower,
    found.upper,
    coalesce(definitions.unit, 'seconds') as unit,
    definitions.direction,
    definitions.title,
    found.period_start_date,
    found.period_end_date,
    null::varchar as first_seen_build_id
from found
left join
    {{ ref("metric_definitions") }} as definitions on found.metric = definitions.metric
