{#
  Everything that altered production, whatever kind of system did it: what can have caused an
  incident. One that is still under way can too. Further types join here when sources bring them.
#}
select
    deployment_id as change_event_id,
    'deployment' as type,
    kind,
    service_id,
    team_id,
    environment_id,
    coalesce(version, deployment_id) as label,
    change_count,
    commit_count,
    finished_at is null as is_running,
    started_at,
    coalesce(first_exposed_at, finished_at, started_at) as exposed_at,
    finished_at,
    source,
    source_url
from {{ ref("fct_deployments") }}
where
    environment_tier = 'production'
    and exclusion_reason is null
    and started_at is not null
    and (reached_production or status = 'in_progress')
