{#
  Deployments that a record or a person names as the cause of an incident. A record names one
  deployment; only people can name several, and then their word stands instead of the record's.
  What a person rejects, or denies for every deployment, stays with that reason, unconfirmed.
#}
with
    requests as (
        select * from {{ ref("change_requests") }} where is_current and not is_deleted
    ),
    naming as (
        select folded.root_incident_id, requests.number, requests.correlation_id
        from {{ ref("int_incidents__folded") }} as folded
        inner join
            requests
            on folded.caused_by_change_request_id = requests.change_request_id
            or (
                folded.source = requests.source
                and folded.caused_by_change_request_number = requests.number
            )
    ),
    deployments as (
        select *
        from {{ ref("int_deployments__collapsed") }}
        where
            environment_tier = 'production'
            and reached_production
            and exclusion_reason is null
    ),
    candidates as (
        select
            deployments.deployment_id,
            naming.root_incident_id as incident_id,
            naming.number,
            row_number() over (
                partition by naming.root_incident_id
                order by
                    impaired.service_id is not null desc,
                    deployments.started_at
                    <= incidents.impact_started_at + interval 120 seconds desc,
                    abs(
                        epoch(incidents.impact_started_at)
                        - epoch(deployments.finished_at)
                    ),
                    deployments.deployment_id
            ) as preference
        from naming
        inner join
            {{ ref("fct_incidents") }} as incidents
            on naming.root_incident_id = incidents.incident_id
        inner join
            deployments
            on list_contains(deployments.attempt_ids, naming.correlation_id)
            or deployments.change_request_number = naming.number
        left join
            {{ ref("incident_services") }} as impaired
            on naming.root_incident_id = impaired.incident_id
            and deployments.service_id = impaired.service_id
        where incidents.exclusion_reason is null
    ),
    verdicts as (select * from {{ ref("attribution_verdicts") }} where is_current),
    judged as (
        select
            verdicts.change_event_id as deployment_id,
            verdicts.incident_id,
            min(verdicts.reason) as reason
        from verdicts
        inner join deployments on verdicts.change_event_id = deployments.deployment_id
        where verdicts.verdict = 'confirmed' and verdicts.incident_id is not null
        group by verdicts.change_event_id, verdicts.incident_id
    ),
    denied as (
        {# against one pair, or against every pair of the incident (no deployment_id) #}
        select
            change_event_id as deployment_id,
            incident_id,
            min(
                case
                    verdict
                    when 'rejected'
                    then 'a person rejected it: '
                    else 'a person judged that no deployment caused it: '
                end
                || reason
            ) as reason
        from verdicts
        where
            incident_id is not null
            and (
                verdict = 'no_deployment'
                or (verdict = 'rejected' and change_event_id is not null)
            )
        group by change_event_id, incident_id
    ),
    acquitted as (
        select deployment_id
        from {{ ref("verdicts") }}
        where is_current and verdict = 'not_failed' and deployment_id is not null
    )
select
    deployment_id,
    incident_id,
    'verdict' as evidence,
    'a person judged that it caused the incident: ' || reason as detail,
    true as is_confirmed
from judged
union all
select
    candidates.deployment_id,
    candidates.incident_id,
    'caused_by_change_request' as evidence,
    concat_ws(
        '; ',
        'the incident names change request ' || candidates.number || ' as its cause',
        rejected.reason,
        cleared.reason
    ) as detail,
    rejected.reason is null
    and cleared.reason is null
    and candidates.incident_id not in (select incident_id from judged)
    and candidates.deployment_id
    not in (select deployment_id from acquitted) as is_confirmed
from candidates
left join
    denied as rejected
    on candidates.incident_id = rejected.incident_id
    and candidates.deployment_id = rejected.deployment_id
left join
    denied as cleared
    on candidates.incident_id = cleared.incident_id
    and cleared.deployment_id is null
where candidates.preference = 1
