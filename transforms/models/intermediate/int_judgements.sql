{#
  What people said up to as-of, one row per decision and incident that it names, oldest first by
  decided_at and sequence. Ids are those of the facts: any attempt, and any record of an incident,
  may have been named. A decision on a deployment that names no incident has one row without one.
#}
with
    decisions as (
        select
            * exclude (incident_ids),
            case
                when kind = 'attribution'
                then regexp_extract(subject, '^incident:(.+) cause:(.+)$', 1)
                else
                    unnest(
                        case
                            when len(incident_ids) > 0 then incident_ids else [null]
                        end
                    )
            end as named_incident_id,
            nullif(
                case
                    when kind = 'attribution'
                    then regexp_extract(subject, ' cause:deployment:(.+)$', 1)
                    else regexp_extract(subject, '^deployment:(.+)$', 1)
                end,
                ''
            ) as named_deployment_id
        from {{ source("staging", "decisions") }}
        where kind in ('verdict', 'attribution') and decided_at <= {{ as_of() }}
    )
select
    decisions.*,
    deployments.deployment_id,
    incidents.root_incident_id as incident_id,
    coalesce(
        deployments.deployment_id, decisions.named_deployment_id
    ) as deployment_key,
    coalesce(incidents.root_incident_id, decisions.named_incident_id) as incident_key
from decisions
left join
    {{ ref("int_deployments__collapsed") }} as deployments
    on list_contains(deployments.attempt_ids, decisions.named_deployment_id)
left join
    {{ ref("int_incidents__folded") }} as incidents
    on decisions.named_incident_id = incidents.incident_id
