{#
  What the models of peers have in common. A peer's rules are applied to our cleaned records
  (attempts collapsed, services and environments mapped, impossible times left out, a pager's and a
  service desk's record of one incident known to be one) and to the days of the report zone, so that
  what differs is the rule.
  Rows behind a peer's numbers, as v1.<peer>_observations:
    is_counted    the row is one of the peer's units (unit_count of them)
    is_numerator  the row is one of the peer's failures
    cause         what is different here from our number, in words that a count can follow; "; " parts
    until_date    a second day that must lie in the period too
    scope         both, or one of organisation and service where the peer's links depend on it
#}

{#
  Production deployments that changed something. Peers know no partial deployment: what it brought
  belongs to the next whole one (whole_at).
#}
{% macro peer_deployments() -%}
(
    select
        deployment_id, service_id, environment_id, previous_deployment_id, commit_sha, version,
        failure_evidence, status = 'succeeded' as is_succeeded, is_change, is_failed,
        finished_date, started_at, finished_at,
        min(case when status = 'succeeded' then finished_at end) over following as whole_at,
        min(case when status = 'succeeded' then finished_date end) over following as whole_date
    from {{ ref('fct_deployments') }}
    where
        environment_tier = 'production'
        and exclusion_reason is null
        and finished_at is not null
        and reached_production
    window following as (
        partition by service_id, environment_id
        order by finished_at, deployment_id
        rows between current row and unbounded following
    )
)
{%- endmacro %}

{# Changes that went live, with the deployment that a peer dates them to; one of a shared repository counts once for the organisation. #}
{% macro peer_changes() -%}
(
    select 'both' as scope, changes.*, deployments.whole_at, deployments.whole_date
    from {{ ref('fct_changes') }} as changes
    inner join {{ peer_deployments() }} as deployments on changes.deployment_id = deployments.deployment_id
    where not changes.is_shared
    union all
    select
        case
            when
                row_number() over (
                    partition by changes.change_id
                    order by changes.exclusion_reason is not null, changes.deployed_at, changes.service_id
                ) = 1
            then 'both'
            else 'service'
        end as scope,
        changes.*, deployments.whole_at, deployments.whole_date
    from {{ ref('fct_changes') }} as changes
    inner join {{ peer_deployments() }} as deployments on changes.deployment_id = deployments.deployment_id
    where changes.is_shared
)
{%- endmacro %}

{# Incident records as peers are given them: they know neither duplicates nor false alarms nor severities. #}
{% macro peer_incidents() -%}
(
    select
        records.incident_id, records.service_id,
        coalesce(records.created_at, facts.impact_started_at) as created_at,
        coalesce(records.resolved_at, facts.restored_at) as resolved_at,
        coalesce(records.closed_at, records.resolved_at, facts.restored_at) as closed_at,
        concat_ws(
            '; ',
            case facts.exclusion_reason
                when 'duplicate' then 'duplicate records counted'
                when 'false_alarm' then 'false alarms counted'
            end,
            case when facts.exclusion_reason is null and facts.severity > 2 then 'incidents of severity 3 and lower counted' end
        ) as cause,
        {{ local_date('coalesce(records.created_at, facts.impact_started_at)') }} as created_date,
        {{ local_date('coalesce(records.resolved_at, facts.restored_at)') }} as resolved_date,
        {{ local_date('coalesce(records.closed_at, records.resolved_at, facts.restored_at)') }} as closed_date
    from {{ ref('incidents') }} as records
    inner join {{ ref('fct_incidents') }} as facts on records.incident_id = facts.incident_id
    where
        records.is_current
        and (facts.exclusion_reason is null or facts.exclusion_reason in ('duplicate', 'false_alarm'))
)
{%- endmacro %}

{# Each incident with the last whole deployment before it, whatever it deployed and however long ago: once for the organisation, once within its service. #}
{% macro last_deployment_links(moment) -%}
(
    with
        deployments as (
            {# of deployments at one instant one takes the blame #}
            select scope_id, moment, max(deployment_id) as deployment_id
            from (
                select unnest(['all', service_id]) as scope_id, {{ moment }} as moment, deployment_id
                from {{ peer_deployments() }}
                where is_succeeded
            )
            group by scope_id, moment
        ),
        incidents as (
            select unnest(['all', service_id]) as scope_id, *
            from {{ peer_incidents() }}
        )
    select
        case incidents.scope_id when 'all' then 'organisation' else 'service' end as scope,
        deployments.deployment_id, incidents.* exclude (scope_id)
    from incidents
    asof join
        deployments
        on incidents.scope_id = deployments.scope_id
        and incidents.created_at >= deployments.moment
)
{%- endmacro %}

{% macro whole_minutes(start, finish) -%}
trunc({{ seconds_between(start, finish) }} / 60) * 60
{%- endmacro %}

{% macro minutes_rounded_up(start, finish) -%}
ceil({{ seconds_between(start, finish) }} / 60) * 60
{%- endmacro %}

{% macro also(cause, more) -%}
nullif(concat_ws('; ', nullif({{ cause }}, ''), {{ more }}), '')
{%- endmacro %}

{# Deployments as the units of a peer's frequency or failure rate. #}
{% macro peer_units(metrics, counts_partial=false) -%}
select
    unnest({{ metrics }}) as metric,
    'both' as scope,
    service_id,
    deployment_id as observation_id,
    1::bigint as unit_count,
    null::double as value,
    {{ 'true' if counts_partial else 'is_succeeded' }} as is_counted,
    false as is_numerator,
    case
        {%- if not counts_partial %} when not is_succeeded then 'partial deployments left out'{% endif %}
        when not is_change then 'rollbacks and redeploys counted'
    end as cause,
    finished_date as anchor_date,
    null::date as until_date
from deployments
{%- endmacro %}

{#
  Failures by the last deployment before an incident: a deployment fails once, with its first
  incident; then what that rule misses and whom it blames wrongly, as causes.
#}
{% macro peer_failures_by_last_deployment(links, first_incident_must_lie_in_period) -%}
    blamed as (
        select
            links.scope, links.deployment_id, min(links.created_date) as first_incident_date
        from {{ links }} as links
        group by links.scope, links.deployment_id
    ),
    failures as (
        select
            'change_failure_rate' as metric, blamed.scope, deployments.service_id,
            deployments.deployment_id as observation_id, 0::bigint as unit_count, null::double as value,
            false as is_counted, true as is_numerator,
            case when not deployments.is_failed then 'deployments blamed that no evidence calls failed' end as cause,
            deployments.finished_date as anchor_date,
            {{ 'blamed.first_incident_date' if first_incident_must_lie_in_period else 'null::date' }} as until_date
        from blamed
        inner join deployments on blamed.deployment_id = deployments.deployment_id
    ),
    missed as (
        select
            'change_failure_rate' as metric, scopes.scope, deployments.service_id,
            deployments.deployment_id as observation_id, 0::bigint as unit_count, null::double as value,
            false as is_counted, false as is_numerator,
            case deployments.failure_evidence
                when 'incident' then 'failed deployments missed: their incident went to another one'
                else 'failed deployments missed: rolled back, reverted or repaired without an incident'
            end as cause,
            deployments.finished_date as anchor_date,
            null::date as until_date
        from deployments
        cross join (select unnest(['organisation', 'service']) as scope) as scopes
        left join blamed on deployments.deployment_id = blamed.deployment_id and scopes.scope = blamed.scope
        where deployments.is_failed and blamed.deployment_id is null
    ),
    crossed as (
        select
            'change_failure_rate' as metric, links.scope, deployments.service_id,
            links.incident_id as observation_id, 0::bigint as unit_count, null::double as value,
            false as is_counted, false as is_numerator,
            'incidents charged to a deployment of another service' as cause,
            deployments.finished_date as anchor_date,
            {{ 'links.created_date' if first_incident_must_lie_in_period else 'null::date' }} as until_date
        from {{ links }} as links
        inner join deployments on links.deployment_id = deployments.deployment_id
        where links.service_id is distinct from deployments.service_id
    )
{%- endmacro %}
