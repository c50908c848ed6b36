{#
  The days of every calendar from 1990, before which no event counts, to a year after as-of. Hours
  are cut on the local clock and held as instants, so that what lies between two of them is elapsed
  time also on the days on which clocks change.
#}
with
    calendars as (
        select
            calendar_id,
            timezone,
            holiday_country,
            holiday_subdivision,
            working_days,
            fiscal_year_start_month,
            cast(working_hours[1:2] as bigint) * 60
            + cast(working_hours[4:5] as bigint) as opening_minute,
            cast(working_hours[7:8] as bigint) * 60
            + cast(working_hours[10:11] as bigint) as closing_minute
        from {{ ref("int_calendars") }}
        qualify
            row_number() over (partition by calendar_id order by team_id nulls first)
            = 1
    ),
    dates as (
        select
            cast(
                unnest(
                    generate_series(
                        date '1990-01-01',
                        {{ local_date(as_of()) }} + interval 1 year,
                        interval 1 day
                    )
                ) as date
            ) as calendar_date
    ),
    days as (
        select
            calendars.calendar_id,
            holidays.holiday_name,
            isoyear(dates.calendar_date) as iso_year,
            week(dates.calendar_date) as iso_week,
            year(dates.calendar_date) as year,
            month(dates.calendar_date) as month,
            quarter(dates.calendar_date) as quarter,
            {# named after the calendar year in which it ends #}
            year(dates.calendar_date) + cast(
                calendars.fiscal_year_start_month > 1
                and month(dates.calendar_date)
                >= calendars.fiscal_year_start_month as bigint
            ) as fiscal_year,
            cast(
                floor(
                    (
                        (
                            month(dates.calendar_date)
                            - calendars.fiscal_year_start_month
                            + 12
                        )
                        % 12
                    )
                    / 3
                ) as bigint
            )
            + 1 as fiscal_quarter,
            isodow(dates.calendar_date) >= 6 as is_weekend,
            holidays.holiday_date is not null as is_holiday,
            holidays.holiday_date is null
            and list_contains(
                calendars.working_days,
                ['mon', 'tue', 'wed', 'thu', 'fri', 'sat', 'sun'][
                    isodow(dates.calendar_date)
                ]
            ) as is_working_day,
            dates.calendar_date,
            {{
                instant_in_zone(
                    "dates.calendar_date + to_minutes(calendars.opening_minute)",
                    "calendars.timezone",
                )
            }} as opens_at,
            {{
                instant_in_zone(
                    "dates.calendar_date + to_minutes(calendars.closing_minute)",
                    "calendars.timezone",
                )
            }} as closes_at
        from calendars
        cross join dates
        left join
            {{ ref("int_holidays") }} as holidays
            on dates.calendar_date = holidays.holiday_date
            and calendars.holiday_country = holidays.holiday_country
            and calendars.holiday_subdivision
            is not distinct from holidays.holiday_subdivision
    ),
    measured as (
        select
            *,
            case
                when is_working_day
                then {{ seconds_between("opens_at", "closes_at") }}
                else 0.0
            end as working_seconds
        from days
    )
select
    calendar_id,
    holiday_name,
    iso_year,
    iso_week,
    year,
    month,
    quarter,
    fiscal_year,
    fiscal_quarter,
    working_seconds,
    coalesce(
        sum(working_seconds) over (
            partition by calendar_id
            order by calendar_date
            rows between unbounded preceding and 1 preceding
        ),
        0.0
    ) as working_seconds_before,
    is_weekend,
    is_holiday,
    is_working_day,
    calendar_date,
    opens_at,
    closes_at
from measured
