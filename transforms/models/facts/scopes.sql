{# What a metric is published for: the organisation, each team, each service. #}
select
    'organisation' as scope,
    'all' as scope_id,
    'Organisation' as name,
    null::date as active_from_date,
    null::date as active_to_date
union all
select
    'team' as scope,
    team_id as scope_id,
    name,
    null::date as active_from_date,
    null::date as active_to_date
from {{ ref("teams") }}
union all
select
    'service' as scope, service_id as scope_id, name, active_from_date, active_to_date
from {{ ref("services") }}
