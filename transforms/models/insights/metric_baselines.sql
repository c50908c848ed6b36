{#
  Each metric against its own past: the latest complete period beside the range of the twelve before it.
  Better and worse are said only when the whole interval lies outside everything those periods showed.
  A test compares this list with the folder of metrics: it makes dbt build them first.
#}
{% set metrics = [
    "change_failure_rate",
    "coding_time",
    "commit_lead_time",
    "commit_lead_time_committed",
    "deploy_run_time",
    "deploy_wait_time",
    "deployment_batch_size",
    "deployment_days_per_week",
    "deployment_frequency",
    "deployment_job_failure_rate",
    "downtime",
    "failed_deployment_recovery_time",
    "hours_between_deployments",
    "incident_count",
    "lead_time_for_changes",
    "merge_lead_time",
    "merge_wait_time",
    "pickup_time",
    "release_failure_rate",
    "release_frequency",
    "review_time",
    "rework_rate",
    "time_to_acknowledge",
    "time_to_detect",
    "time_to_restore",
] %}
with
    recent as (
        select
            grain,
            period_start_date,
            row_number() over (
                partition by grain order by period_start_date desc
            ) as age
        from {{ ref("periods") }}
        where is_complete and grain in ('month', 'quarter')
        qualify age <= 13
    ),
    published as (
        {% for metric in metrics %}
            select
                metric,
                grain,
                scope,
                scope_id,
                state,
                value,
                n,
                ci_low,
                ci_high,
                open_count,
                is_provisional,
                period_start_date,
                period_end_date
            from {{ ref(metric) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    numbers as (
        {# a median that is not reached is longer than any other #}
        select
            published.*,
            recent.age,
            case
                when published.value is null and published.open_count > 0
                then 'infinity'::double
                else published.value
            end as reached_value
        from published
        inner join
            recent
            on published.grain = recent.grain
            and published.period_start_date = recent.period_start_date
    ),
    latest as (select * from numbers where age = 1),
    earlier as (
        select
            metric,
            grain,
            scope,
            scope_id,
            count(*) as period_count,
            cast(sum(n) as bigint) as observation_count,
            median(reached_value) as middle_value,
            min(reached_value) as least_value,
            max(reached_value) as greatest_value,
            min(period_start_date) as first_start_date
        from numbers
        where age > 1 and state = 'ok' and reached_value is not null
        group by metric, grain, scope, scope_id
    ),
    compared as (
        select
            latest.*,
            definitions.direction,
            coalesce(earlier.period_count, 0) as period_count,
            coalesce(earlier.observation_count, 0) as observation_count,
            earlier.middle_value,
            earlier.least_value,
            earlier.greatest_value,
            earlier.first_start_date,
            case
                when latest.state in ('no_data', 'uncovered')
                then 'no_data'
                when latest.state <> 'ok'
                then 'few_observations'
                when latest.ci_low is null and latest.ci_high is null
                then 'no_interval'
                when coalesce(earlier.period_count, 0) < 3
                then 'few_periods'
            end as reason,
            coalesce(latest.ci_low, 0) > earlier.greatest_value as is_above,
            coalesce(latest.ci_high, 'infinity'::double)
            < earlier.least_value as is_below
        from latest
        inner join
            {{ ref("metric_definitions") }} as definitions
            on latest.metric = definitions.metric
        left join
            earlier
            on latest.metric = earlier.metric
            and latest.grain = earlier.grain
            and latest.scope = earlier.scope
            and latest.scope_id = earlier.scope_id
    )
select
    metric,
    grain,
    scope,
    scope_id,
    state,
    case
        when reason is not null
        then 'too_little_data'
        when not is_above and not is_below
        then 'no_clear_change'
        when is_below = (direction = 'lower')
        then 'better'
        else 'worse'
    end as verdict,
    reason,
    value,
    n,
    ci_low,
    ci_high,
    case when not isinf(middle_value) then middle_value end as baseline_median,
    least_value as baseline_low,
    case when not isinf(greatest_value) then greatest_value end as baseline_high,
    period_count as baseline_period_count,
    observation_count as baseline_observation_count,
    is_provisional,
    period_start_date,
    period_end_date,
    first_start_date as baseline_start_date
from compared
