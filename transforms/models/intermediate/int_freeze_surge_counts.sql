{#
  Deployments of the services that each freeze is for: those of the first three working days after
  one of its stretches, and the others, which are the baseline. What ran inside the freeze is in
  neither. Only deployments that can be judged count.
#}
with
    freezes as (
        select *, {{ local_date("ends_at") }} as ended_date
        from {{ ref("window_occurrences") }}
        where effect = 'deny' and known_to is null and ends_at <= {{ as_of() }}
    ),
    following as (
        select
            freezes.window_occurrence_id,
            days.calendar_date,
            row_number() over (
                partition by freezes.window_occurrence_id order by days.calendar_date
            ) as place
        from freezes
        inner join
            {{ ref("calendar_days") }} as days
            on days.calendar_id = 'organisation'
            and days.is_working_day
            and days.calendar_date >= freezes.ended_date
            and days.calendar_date < freezes.ended_date + 21
    ),
    stretches as (
        select freezes.*, max(following.calendar_date) as last_surge_date
        from freezes
        inner join
            following
            on freezes.window_occurrence_id = following.window_occurrence_id
            and following.place <= 3
        group by all
    ),
    deployments as (
        select
            outcomes.deployment_id,
            outcomes.service_id,
            outcomes.is_failed,
            facts.started_at,
            {{ local_date("facts.started_at") }} as started_date
        from {{ ref("int_failure_outcomes") }} as outcomes
        inner join
            {{ ref("fct_deployments") }} as facts
            on outcomes.deployment_id = facts.deployment_id
    ),
    placed as (
        select
            stretches.calendar_window_id,
            deployments.deployment_id,
            bool_or(deployments.is_failed) as is_failed,
            bool_or(
                deployments.started_at >= stretches.starts_at
                and deployments.started_at < stretches.ends_at
            ) as is_inside,
            bool_or(
                deployments.started_at >= stretches.ends_at
                and deployments.started_date <= stretches.last_surge_date
            ) as is_surge
        from stretches
        inner join
            deployments
            on {{ window_binds("stretches", "deployments.service_id", "'production'") }}
        group by stretches.calendar_window_id, deployments.deployment_id
    )
select
    placed.calendar_window_id,
    count(*) filter (where placed.is_surge) as surge_count,
    count(*) filter (where placed.is_surge and placed.is_failed) as surge_failed_count,
    count(*) filter (where not placed.is_surge) as baseline_count,
    count(*) filter (
        where not placed.is_surge and placed.is_failed
    ) as baseline_failed_count
from placed
where not placed.is_inside
group by placed.calendar_window_id
