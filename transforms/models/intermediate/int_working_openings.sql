{#
  For every UTC day and calendar: the last opening of working hours before the day's end and the
  one before that, so that working time up to any instant is found by its UTC day alone
  (working_seconds_until in macros/working_time.sql). Microseconds since 1970.
#}
with
    openings as (
        select
            calendar_id,
            opens_at,
            epoch_us(opens_at) as opens_us,
            cast(working_seconds * 1000000 as bigint) as working_us,
            cast(working_seconds_before * 1000000 as bigint) as working_before_us
        from {{ ref("calendar_days") }}
        where is_working_day
    ),
    paired as (
        select
            *,
            lag(opens_us) over calendar as earlier_opens_us,
            lag(working_us) over calendar as earlier_working_us,
            lag(working_before_us) over calendar as earlier_working_before_us
        from openings
        window calendar as (partition by calendar_id order by opens_at)
    ),
    days as (
        select calendar_id, calendar_date as utc_date
        from {{ ref("calendar_days") }}
        where calendar_date > date '1990-01-14'
    )
select days.calendar_id, days.utc_date, paired.* exclude (calendar_id, opens_at)
from days
asof inner join
    paired
    on days.calendar_id = paired.calendar_id
    and cast(days.utc_date + 1 as timestamp) > paired.opens_at
