{{ metric(kind="median", domain="deployments") }}

{# A gap that spans more than the known days of a service says nothing: the first deployment has none. #}
with
    changes as (
        select
            *,
            lag(finished_at) over (
                partition by service_id order by finished_at, deployment_id
            ) as previous_finished_at
        from {{ ref("fct_deployments") }}
        where
            environment_tier = 'production'
            and exclusion_reason is null
            and reached_production
            and is_change
    )
select
    deployment_id as observation_id,
    service_id,
    team_id,
    {{ seconds_between("previous_finished_at", "finished_at") }} / 3600 as value,
    false as is_numerator,
    false as is_open,
    false as is_bot,
    case
        when previous_finished_at is null then 'first_deployment'
    end as exclusion_reason,
    coalesce(version, deployment_id) as label,
    source_url,
    finished_date as anchor_date,
    finished_at as anchor_at
from changes
