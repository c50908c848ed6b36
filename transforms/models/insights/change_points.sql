{# Since when a metric has had another level. #}
with
    series as (
        select series_index, metric, scope, scope_id
        from {{ ref("int_metric_series") }}
        where grain = 'week'
        group by series_index, metric, scope, scope_id
    )
select
    series.metric,
    series.scope,
    series.scope_id,
    changes.law,
    changes.point_count as n,
    changes.value_before,
    changes.value_after,
    changes.value_after - changes.value_before as difference,
    changes.value_after / nullif(changes.value_before, 0) - 1 as relative_change,
    changes.gain,
    date '1970-01-05' + 7 * changes.period_number::integer as changed_date,
    date '1970-01-05' + 7 * changes.earliest_number::integer as earliest_date,
    date '1970-01-05' + 7 * changes.latest_number::integer as latest_date
from {{ ref("int_series_changes") }} as changes
inner join series on changes.series_index = series.series_index
