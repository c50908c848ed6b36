{#
  What a freeze costs: each change that was merged and waited for production inside it, for the days
  that it waited there. A freeze that was not held back by anything costs nothing.
#}
with
    freezes as (
        select *
        from {{ ref("window_occurrences") }}
        where effect = 'deny' and known_to is null and starts_at < {{ as_of() }}
    ),
    waiting as (
        select
            change_id,
            service_id,
            team_id,
            merged_at,
            coalesce(deploy_started_at, deployed_at, {{ as_of() }}) as waited_until
        from {{ ref("fct_changes") }}
        where merged_at is not null
    ),
    held as (
        select
            freezes.window_occurrence_id,
            waiting.service_id,
            waiting.team_id,
            waiting.change_id,
            {{
                seconds_between(
                    "greatest(freezes.starts_at, waiting.merged_at)",
                    "least(freezes.ends_at, waiting.waited_until, " ~ as_of() ~ ")",
                )
            }} / 86400 as waiting_days
        from freezes
        inner join
            waiting
            on waiting.merged_at < least(freezes.ends_at, {{ as_of() }})
            and waiting.waited_until > freezes.starts_at
            and {{ window_binds("freezes", "waiting.service_id", "'production'") }}
    )
select
    freezes.window_occurrence_id,
    freezes.calendar_window_id,
    freezes.title,
    freezes.starts_at,
    freezes.ends_at,
    {{
        seconds_between(
            "freezes.starts_at", "least(freezes.ends_at, " ~ as_of() ~ ")"
        )
    }} / 86400 as frozen_days,
    held.service_id,
    held.team_id,
    count(distinct held.change_id) as change_count,
    sum(held.waiting_days) as item_days
from freezes
inner join held on freezes.window_occurrence_id = held.window_occurrence_id
group by
    freezes.window_occurrence_id,
    freezes.calendar_window_id,
    freezes.title,
    freezes.starts_at,
    freezes.ends_at,
    held.service_id,
    held.team_id
