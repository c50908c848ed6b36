{#
  Each metric against its own past: the latest complete period beside the range of the twelve before it.
  Better and worse are said only when the whole interval lies outside everything those periods showed.
  `var('metrics')` is the folder models/metrics, named by whoever runs dbt.
#}
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
        {% for metric in var("metrics") %}
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
            where
                grain <> 'week'
                and period_start_date >= (select min(period_start_date) from recent)
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
                when recent.age = 1 or published.state <> 'ok'
                then null
                when published.value is null and published.open_count > 0
                then 'infinity'::double
                else published.value
            end as earlier_value
        from published
        inner join
            recent
            on published.grain = recent.grain
            and published.period_start_date = recent.period_start_date
    ),
    gathered as (
        {# one row is the latest; the others count when they have enough data and a value #}
        select
            metric,
            grain,
            scope,
            scope_id,
            max(case when age = 1 then state end) as state,
            max(case when age = 1 then value end) as value,
            max(case when age = 1 then n end) as n,
            max(case when age = 1 then ci_low end) as ci_low,
            max(case when age = 1 then ci_high end) as ci_high,
            bool_or(age = 1 and is_provisional) as is_provisional,
            max(case when age = 1 then period_start_date end) as period_start_date,
            max(case when age = 1 then period_end_date end) as period_end_date,
            count(earlier_value) as period_count,
            sum(
                case when earlier_value is not null then n else 0 end
            ) as observation_count,
            median(earlier_value) as middle_value,
            min(earlier_value) as least_value,
            max(earlier_value) as greatest_value,
            min(
                case when earlier_value is not null then period_start_date end
            ) as first_start_date
        from numbers
        group by metric, grain, scope, scope_id
    ),
    compared as (
        select
            gathered.*,
            definitions.direction,
            case
                when gathered.state in ('no_data', 'uncovered')
                then 'no_data'
                when gathered.state <> 'ok'
                then 'few_observations'
                when gathered.ci_low is null and gathered.ci_high is null
                then 'no_interval'
                when gathered.period_count < 3
                then 'few_periods'
            end as reason,
            coalesce(gathered.ci_low, 0) > gathered.greatest_value as is_above,
            coalesce(gathered.ci_high, 'infinity'::double)
            < gathered.least_value as is_below
        from gathered
        inner join
            {{ ref("metric_definitions") }} as definitions
            on gathered.metric = definitions.metric
        where gathered.period_start_date is not null
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
    cast(observation_count as bigint) as baseline_observation_count,
    is_provisional,
    period_start_date,
    period_end_date,
    first_start_date as baseline_start_date
from compared
