{# What holds for every metric: one row a key; states agree with n, rates stay within 0 and 1, intervals hold the value. #}
{% test metric_shape(model) %}
    select metric, grain, period_start_date, scope, scope_id
    from {{ model }}
    group by metric, grain, period_start_date, scope, scope_id
    having
        count(*) > 1
        or bool_or(
            n < 0
            or excluded_count < 0
            or open_count > n
            or state not in ('ok', 'insufficient', 'no_data', 'uncovered')
            or (state = 'ok' and n < 10)
            or (value is not null and state = 'uncovered')
            or coverage < 0
            or coverage > 1
            or (unit = 'ratio' and (value < 0 or value > 1))
            or (unit in ('seconds', 'hours') and value < 0)
            or ci_low > value + 1e-9
            or ci_high < value - 1e-9
            or period_end_date <= period_start_date
        )
{% endtest %}
