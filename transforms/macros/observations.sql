{#
  The rows behind metrics that count the same things, in the shape that macros/metric.sql takes. A
  metric says what its value is and which further rows it leaves out; who is counted is said here.
#}

{# Deployments to production; by default those that changed something and reached it. #}
{% macro deployment_observations(value='1.0::double', is_numerator='true', reason=none) -%}
select
    deployment_id as observation_id,
    service_id,
    team_id,
    {{ value }} as value,
    {{ is_numerator }} as is_numerator,
    false as is_open,
    false as is_bot,
    case
        when exclusion_reason is not null then exclusion_reason
        {% if reason is none -%}
        when not reached_production then 'did_not_reach_production'
        when not is_change then kind
        {%- else -%}
        {{ reason }}
        {%- endif %}
    end as exclusion_reason,
    coalesce(version, deployment_id) as label,
    source_url,
    finished_date as anchor_date,
    finished_at as anchor_at
from {{ ref('fct_deployments') }}
where environment_tier = 'production' and finished_at is not null
{%- endmacro %}


{# Changes that went live; the stages of a lead time are those of changes that a host knows. #}
{% macro change_observations(value, is_stage=false, needs=none, reason='') -%}
select
    change_id as observation_id,
    service_id,
    team_id,
    {{ value }} as value,
    false as is_numerator,
    false as is_open,
    is_bot,
    is_shared,
    case
        when exclusion_reason is not null then exclusion_reason
        {% if needs -%}
        when stage_missing like '%{{ needs }}%' then 'stage_missing'
        {%- endif %}
        {{ reason }}
    end as exclusion_reason,
    title as label,
    source_url,
    deployed_date as anchor_date,
    deployed_at as anchor_at
from {{ ref('fct_changes') }}
where deployed_at is not null{% if is_stage %} and is_reviewable{% endif %}
{%- endmacro %}


{# Incidents once for each of their services; without a service for the organisation only. #}
{% macro incident_observations(value, is_open, reason='') -%}
select
    incidents.incident_id as observation_id,
    incident_services.service_id,
    incident_services.team_id,
    {{ value }} as value,
    not {{ is_open }} as is_numerator,
    {{ is_open }} as is_open,
    false as is_bot,
    case
        when incidents.exclusion_reason is not null then incidents.exclusion_reason
        {{ reason }}
    end as exclusion_reason,
    incidents.title as label,
    incidents.source_url,
    incidents.impact_started_date as anchor_date,
    incidents.impact_started_at as anchor_at
from {{ ref('fct_incidents') }} as incidents
left join {{ ref('incident_services') }} as incident_services
    on incidents.root_incident_id = incident_services.incident_id
{%- endmacro %}
