{#
  What trends, limits, changes and rankings are read from: the complete, mature periods of every
  metric, a gap where nothing was measured. Weeks of the organisation and of teams; months of these
  and of services, whose weeks hold too little to judge and are too many. `var('metrics')` is the
  folder models/metrics, named by whoever runs dbt.
#}
with
    points as (
        {% for name in var("metrics") %}
            select
                metric,
                grain,
                scope,
                scope_id,
                value,
                n,
                numerator,
                denominator,
                period_start_date,
                period_end_date
            from {{ ref(name) }}
            where
                grain in ('week', 'month')
                and (grain = 'month' or scope <> 'service')
                and state in ('ok', 'insufficient')
                and not is_partial
                and not is_provisional
                and value is not null
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    numbered as (
        select
            points.*,
            definitions.kind,
            definitions.direction,
            case
                points.grain
                when 'week'
                then date_diff('week', date '1970-01-05', points.period_start_date)
                else
                    year(points.period_start_date) * 12
                    + month(points.period_start_date)
            end as period_number
        from points
        inner join
            {{ ref("metric_definitions") }} as definitions
            on points.metric = definitions.metric
        inner join
            {{ ref("periods") }} as periods
            on points.grain = periods.grain
            and points.period_start_date = periods.period_start_date
        where periods.is_complete
    ),
    placed as (
        select
            *,
            dense_rank() over (order by metric, grain, scope, scope_id)
            - 1 as series_index,
            max(period_number) over (partition by grain) - period_number as periods_ago
        from numbered
    )
select
    series_index,
    metric,
    kind,
    direction,
    grain,
    scope,
    scope_id,
    period_number,
    periods_ago,
    value,
    n,
    numerator,
    denominator,
    period_start_date,
    period_end_date
from placed
order by series_index, period_number
