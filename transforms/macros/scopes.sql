{# Rows once for each scope that they count in: the organisation, their team, their service. #}
{% macro in_each_scope(rows) -%}
select 'organisation' as scope, 'all' as scope_id, {{ rows }}.*
from {{ rows }}
union all
select 'team' as scope, team_id as scope_id, {{ rows }}.*
from {{ rows }}
where team_id is not null
union all
select 'service' as scope, service_id as scope_id, {{ rows }}.*
from {{ rows }}
where service_id is not null
{%- endmacro %}
