{# What a metric is published for: the organisation, each team, each service. #}
select 'organisation' as scope, 'all' as scope_id, 'Organisation' as name
union all
select 'team' as scope, team_id as scope_id, name
from {{ ref("teams") }}
union all
select 'service' as scope, service_id as scope_id, name
from {{ ref("services") }}
