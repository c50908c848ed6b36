{#
  Weeks (ISO, Monday), months, quarters and years of the report zone from the first known day to
  as-of; fiscal quarters and years too where the fiscal year does not start in January.
#}
with
    known as (
        select
            min(coverage.first_date) as first_date,
            {{ local_date(as_of()) }} as last_date,
            max(calendars.fiscal_year_start_month) - 1 as fiscal_offset
        from {{ ref("coverage") }} as coverage
        inner join {{ ref("int_calendars") }} as calendars on calendars.team_id is null
    ),
    grains as (
        select *
        from
            (
                values
                    ('week', interval 7 days, 'week', false),
                    ('month', interval 1 month, 'month', false),
                    ('quarter', interval 3 months, 'quarter', false),
                    ('year', interval 12 months, 'year', false),
                    ('fiscal_quarter', interval 3 months, 'quarter', true),
                    ('fiscal_year', interval 12 months, 'year', true)
            ) as named(grain, length, cut, is_fiscal)
    ),
    starts as (
        select
            grains.grain,
            grains.length,
            unnest(
                generate_series(
                    date_trunc(
                        grains.cut,
                        known.first_date - case
                            when grains.is_fiscal
                            then to_months(known.fiscal_offset)
                            else interval 0 months
                        end
                    ) + case
                        when grains.is_fiscal
                        then to_months(known.fiscal_offset)
                        else interval 0 months
                    end,
                    known.last_date,
                    grains.length
                )
            ) as started_at
        from known
        cross join grains
        where not grains.is_fiscal or known.fiscal_offset > 0
    )
select
    starts.grain,
    cast(starts.started_at + starts.length as date)
    <= {{ local_date(as_of()) }} as is_complete,
    cast(starts.started_at as date) as period_start_date,
    cast(starts.started_at + starts.length as date) as period_end_date
from starts
