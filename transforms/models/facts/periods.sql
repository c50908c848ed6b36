{# Weeks (ISO, Monday), months and quarters of the report zone from the first known day to as-of. #}
with
    known as (
        select min(first_date) as first_date, {{ local_date(as_of()) }} as last_date
        from {{ ref("coverage") }}
    ),
    starts as (
        select
            'week' as grain,
            cast(
                unnest(
                    generate_series(
                        date_trunc('week', first_date), last_date, interval 7 days
                    )
                ) as date
            ) as period_start_date
        from known
        union all
        select
            'month' as grain,
            cast(
                unnest(
                    generate_series(
                        date_trunc('month', first_date), last_date, interval 1 month
                    )
                ) as date
            ) as period_start_date
        from known
        union all
        select
            'quarter' as grain,
            cast(
                unnest(
                    generate_series(
                        date_trunc('quarter', first_date), last_date, interval 3 months
                    )
                ) as date
            ) as period_start_date
        from known
    ),
    periods as (
        select
            starts.grain,
            starts.period_start_date,
            cast(
                case
                    starts.grain
                    when 'week'
                    then starts.period_start_date + interval 7 days
                    when 'month'
                    then starts.period_start_date + interval 1 month
                    else starts.period_start_date + interval 3 months
                end as date
            ) as period_end_date
        from starts
    )
select
    periods.grain,
    periods.period_end_date <= known.last_date as is_complete,
    periods.period_start_date,
    periods.period_end_date
from periods
cross join known
