{#
  Incidents whose cause somebody knows: a person's verdict, else a record. A record only ever names
  a change as the cause, so incidents that none caused are known from people alone.
#}
select
    incident_id,
    case
        when bool_or(evidence = 'verdict') then 'verdict' else 'record'
    end as label_source,
    list(deployment_id order by deployment_id) as cause_ids
from {{ ref("deployment_incidents") }}
where is_confirmed
group by incident_id
union all
select incident_id, 'verdict' as label_source, cast([] as varchar[]) as cause_ids
from {{ ref("attribution_verdicts") }}
where
    is_current
    and verdict = 'no_deployment'
    and incident_id not in (
        select incident_id from {{ ref("deployment_incidents") }} where is_confirmed
    )
group by incident_id
