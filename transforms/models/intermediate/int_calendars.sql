{#
  The calendar of the organisation (team_id is null) and of each team. A team whose zone, holidays
  and hours are the organisation's has its calendar; others are named by what makes them differ.
#}
with
    organisation as (
        select
            max(holiday_country) as holiday_country,
            max(holiday_subdivision) as holiday_subdivision,
            coalesce(max(working_hours), '09:00-17:00') as working_hours,
            coalesce(
                max(working_days), ['mon', 'tue', 'wed', 'thu', 'fri']
            ) as working_days,
            coalesce(max(fiscal_year_start_month), 1) as fiscal_year_start_month
        from {{ ref("int_catalogue__current") }}
        where record_type = 'organisation'
    ),
    teams as (
        select
            team_id,
            max(timezone) as timezone,
            max(holiday_country) as holiday_country,
            max(holiday_subdivision) as holiday_subdivision,
            max(working_hours) as working_hours
        from {{ ref("int_catalogue__current") }}
        where record_type = 'team' and team_id is not null
        group by team_id
    ),
    calendars as (
        select
            null as team_id,
            {{ report_timezone() }} as timezone,
            holiday_country,
            holiday_subdivision,
            working_hours,
            working_days,
            fiscal_year_start_month
        from organisation
        union all
        select
            teams.team_id,
            coalesce(teams.timezone, {{ report_timezone() }}) as timezone,
            coalesce(
                teams.holiday_country, organisation.holiday_country
            ) as holiday_country,
            case
                when teams.holiday_country is null
                then
                    coalesce(
                        teams.holiday_subdivision, organisation.holiday_subdivision
                    )
                else teams.holiday_subdivision
            end as holiday_subdivision,
            coalesce(teams.working_hours, organisation.working_hours) as working_hours,
            organisation.working_days,
            organisation.fiscal_year_start_month
        from teams
        cross join organisation
    ),
    named as (
        select
            *,
            concat_ws(
                ' ', timezone, holiday_country, holiday_subdivision, working_hours
            ) as calendar_name
        from calendars
    )
select
    named.team_id,
    case
        when named.calendar_name = organisation.calendar_name
        then 'organisation'
        else named.calendar_name
    end as calendar_id,
    named.timezone,
    named.holiday_country,
    named.holiday_subdivision,
    named.working_hours,
    named.working_days,
    named.fiscal_year_start_month
from named
inner join named as organisation on organisation.team_id is null
