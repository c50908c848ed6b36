{#
  Two deployments at the same time: of one service to one environment, or of a service and one that
  it calls. Attempts of one run are one deployment; one without an end lasts until as-of. Whatever
  runs at an instant is looked for in the hour of that instant: comparing all deployments of two
  services would cost their product. The few that last for days are compared with all.
#}
with
    intervals as (
        select
            deployment_id,
            service_id,
            team_id,
            environment_id,
            started_at,
            coalesce(finished_at, {{ as_of() }}) as ended_at
        from {{ ref("fct_deployments") }}
        where
            started_at is not null
            and coalesce(finished_at, {{ as_of() }}) > started_at
            and exclusion_reason is distinct from 'impossible_time'
    ),
    neighbours as (
        select service_id, service_id as other_service_id, 'same_service' as kind
        from {{ ref("services") }}
        union all
        select service_id, upstream_service_id as other_service_id, 'adjacent' as kind
        from {{ ref("service_dependencies") }}
        where service_id <> upstream_service_id
        union
        select upstream_service_id, service_id, 'adjacent'
        from {{ ref("service_dependencies") }}
        where service_id <> upstream_service_id
    ),
    hourly as (
        select
            *,
            unnest(
                generate_series(
                    date_trunc('hour', started_at), ended_at, interval 1 hour
                )
            ) as running_hour
        from intervals
        where ended_at <= started_at + interval 2 day
    ),
    running as (
        select *
        from hourly
        union all
        select *, cast(null as timestamp)
        from intervals
        where ended_at > started_at + interval 2 day
    ),
    met as (
        {%- for condition in (
            "date_trunc('hour', later.started_at) = earlier.running_hour",
            "earlier.running_hour is null",
        ) %}
            select
                later.deployment_id,
                earlier.deployment_id as other_deployment_id,
                neighbours.kind,
                later.service_id,
                later.team_id,
                earlier.service_id as other_service_id,
                later.environment_id,
                later.started_at as overlap_started_at,
                least(later.ended_at, earlier.ended_at) as overlap_ended_at
            from intervals as later
            inner join neighbours on later.service_id = neighbours.service_id
            inner join
                running as earlier
                on neighbours.other_service_id = earlier.service_id
                and later.environment_id = earlier.environment_id
                and {{ condition }}
                and earlier.started_at <= later.started_at
                and earlier.ended_at > later.started_at
                and (
                    earlier.started_at < later.started_at
                    or earlier.deployment_id < later.deployment_id
                )
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    )
select
    *,
    {{ seconds_between("overlap_started_at", "overlap_ended_at") }} as overlap_seconds
from met
