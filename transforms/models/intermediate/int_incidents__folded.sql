{# Current incidents with the one they belong to: a duplicate's parent, or the service desk's record of the same page. #}
with
    current_incidents as (select * from {{ ref("incidents") }} where is_current),
    twins as (
        select
            correlated_incident_id as incident_id, min(incident_id) as root_incident_id
        from current_incidents
        where correlated_incident_id is not null
        group by correlated_incident_id
    ),
    parents as (
        select
            incidents.incident_id,
            coalesce(grandparents.incident_id, parents.incident_id) as root_incident_id
        from current_incidents as incidents
        inner join
            current_incidents as parents
            on incidents.parent_incident_id = parents.incident_id
        left join
            current_incidents as grandparents
            on parents.parent_incident_id = grandparents.incident_id
    )
select
    incidents.*,
    case
        when parents.root_incident_id is not null
        then 'duplicate'
        when
            twins.root_incident_id is not null
            and twin_roots.root_incident_id is not null
        then 'duplicate'
        when twins.root_incident_id is not null
        then 'same_incident'
    end as folded_as,
    coalesce(
        parents.root_incident_id,
        twin_roots.root_incident_id,
        twins.root_incident_id,
        incidents.incident_id
    ) as root_incident_id
from current_incidents as incidents
left join twins on incidents.incident_id = twins.incident_id
left join parents on incidents.incident_id = parents.incident_id
left join parents as twin_roots on twins.root_incident_id = twin_roots.incident_id
