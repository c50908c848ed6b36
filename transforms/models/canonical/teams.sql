with
    teams as (
        select
            team_id,
            coalesce(max(name), team_id) as name,
            coalesce(max(timezone), {{ report_timezone() }}) as timezone
        from {{ ref("int_catalogue__current") }}
        where record_type = 'team' and team_id is not null
        group by team_id
    )
select teams.team_id, teams.name, teams.timezone, calendars.calendar_id
from teams
inner join {{ ref("int_calendars") }} as calendars on teams.team_id = calendars.team_id
