{# Whether a metric rises or falls by more than chance and memory of the past would have it. #}
with
    series as (
        select
            series_index,
            metric,
            grain,
            scope,
            scope_id,
            min(period_start_date) as first_date,
            max(period_end_date) as end_date
        from {{ ref("int_metric_series") }}
        where periods_ago < case grain when 'week' then 52 else 24 end
        group by series_index, metric, grain, scope, scope_id
    )
select
    series.metric,
    series.grain,
    series.scope,
    series.scope_id,
    trends.direction_word,
    trends.point_count as n,
    trends.slope,
    trends.slope_low,
    trends.slope_high,
    trends.p_value,
    trends.p_adjusted,
    series.first_date,
    series.end_date
from series
inner join
    {{ ref("int_series_trends") }} as trends
    on series.series_index = trends.series_index
