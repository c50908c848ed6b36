{#
  The services and environments that each version of a window is for, by key: lists, null for all.
  A team or tier makes a list of its services of today; a repository those that live in it.
#}
with
    windows as (
        select
            calendar_window_id,
            version_number,
            service_id,
            service_name,
            service_patterns,
            coalesce(
                environment_patterns,
                case when environment_name is not null then [environment_name] end
            ) as environment_patterns,
            team_patterns,
            tiers,
            repository,
            coalesce(service_patterns is not null, false)
            or service_name is not null
            or service_id is not null
            or team_patterns is not null
            or tiers is not null
            or repository is not null as is_for_services
        from {{ ref("int_window_versions") }}
    ),
    service_names as (
        select service_id, alias as name
        from {{ ref("service_aliases") }}
        union
        select service_id, lower(service_id) as name
        from {{ ref("services") }}
    ),
    by_pattern as (
        select distinct
            windows.calendar_window_id, windows.version_number, service_names.service_id
        from (select *, unnest(service_patterns) as pattern from windows) as windows
        inner join
            service_names
            on service_names.name like {{ like_pattern("windows.pattern") }} escape '!'
    ),
    by_team as (
        select distinct
            windows.calendar_window_id, windows.version_number, services.service_id
        from (select *, unnest(team_patterns) as pattern from windows) as windows
        left join {{ ref("teams") }} as teams on true
        inner join
            {{ ref("services") }} as services
            on services.team_id = teams.team_id
            and (
                lower(teams.team_id)
                like {{ like_pattern("windows.pattern") }} escape '!'
                or lower(teams.name)
                like {{ like_pattern("windows.pattern") }} escape '!'
            )
    ),
    bound_services as (
        select
            windows.calendar_window_id,
            windows.version_number,
            list(services.service_id order by services.service_id) as service_ids
        from windows
        inner join {{ ref("services") }} as services on true
        left join
            by_pattern
            on windows.calendar_window_id = by_pattern.calendar_window_id
            and windows.version_number = by_pattern.version_number
            and services.service_id = by_pattern.service_id
        left join
            by_team
            on windows.calendar_window_id = by_team.calendar_window_id
            and windows.version_number = by_team.version_number
            and services.service_id = by_team.service_id
        left join
            {{ ref("service_repositories") }} as repositories
            on windows.repository = repositories.repository
            and services.service_id = repositories.service_id
        where
            windows.is_for_services
            and (windows.service_patterns is null or by_pattern.service_id is not null)
            and (
                windows.service_patterns is not null
                or (windows.service_id is null and windows.service_name is null)
                or services.service_id = windows.service_id
            )
            and (windows.team_patterns is null or by_team.service_id is not null)
            and (windows.tiers is null or list_contains(windows.tiers, services.tier))
            and (windows.repository is null or repositories.service_id is not null)
        group by windows.calendar_window_id, windows.version_number
    ),
    bound_environments as (
        select
            windows.calendar_window_id,
            windows.version_number,
            list(distinct environments.environment_id) as environment_ids
        from (select *, unnest(environment_patterns) as pattern from windows) as windows
        inner join
            {{ ref("environments") }} as environments
            on environments.environment_id
            like {{ like_pattern("windows.pattern") }} escape '!'
        group by windows.calendar_window_id, windows.version_number
    )
select
    windows.calendar_window_id,
    windows.version_number,
    case
        when windows.is_for_services
        then coalesce(bound_services.service_ids, []::varchar[])
    end as service_ids,
    case
        when windows.environment_patterns is not null
        then coalesce(list_sort(bound_environments.environment_ids), []::varchar[])
    end as environment_ids
from windows
left join
    bound_services
    on windows.calendar_window_id = bound_services.calendar_window_id
    and windows.version_number = bound_services.version_number
left join
    bound_environments
    on windows.calendar_window_id = bound_environments.calendar_window_id
    and windows.version_number = bound_environments.version_number
