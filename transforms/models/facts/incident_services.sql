with
    services as (
        select
            root_incident_id as incident_id,
            service_id,
            min(impact_started_at) as impact_started_at
        from
            (
                select
                    folded.root_incident_id,
                    folded.service_id,
                    incidents.impact_started_at
                from {{ ref("int_incidents__folded") }} as folded
                inner join
                    {{ ref("fct_incidents") }} as incidents
                    on folded.root_incident_id = incidents.incident_id
                where folded.service_id is not null
            )
        group by root_incident_id, service_id
    )
select services.incident_id, services.service_id, ownership.team_id
from services
left join
    {{ ref("service_ownership") }} as ownership
    on {{ owned_on("services.service_id", "services.impact_started_at") }}
