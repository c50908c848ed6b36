{# Deployments that a record names as the cause of an incident; one incident names one deployment. #}
with
    requests as (select * from {{ ref("change_requests") }} where is_current),
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
    )
select
    deployment_id,
    incident_id,
    'caused_by_change_request' as evidence,
    'the incident names change request ' || number || ' as its cause' as detail
from candidates
where preference = 1
