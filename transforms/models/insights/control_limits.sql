{# In which range a metric moves by itself, and which periods leave it. #}
select
    series.metric,
    series.grain,
    series.scope,
    series.scope_id,
    limits.chart,
    series.value,
    limits.centre,
    limits.lower,
    limits.upper,
    limits.is_firm,
    limits.is_beyond_limit,
    limits.is_run_of_8,
    series.period_start_date,
    series.period_end_date
from {{ ref("int_metric_series") }} as series
inner join
    {{ ref("int_series_limits") }} as limits
    on series.series_index = limits.series_index
    and series.period_number = limits.period_number
