{#
  Current incidents with the one that counts for them: a duplicate's parent, or the service desk's
  record of what the pager also knows, followed to the end of the chain.
#}
with recursive
    current_incidents as (select * from {{ ref("incidents") }} where is_current),
    present as (select * from current_incidents where not is_deleted),
    twins as (
        select correlated_incident_id as incident_id, min(incident_id) as next_id
        from present
        where correlated_incident_id is not null
        group by correlated_incident_id
    ),
    links as (
        select
            incidents.incident_id,
            coalesce(parents.incident_id, twins.next_id) as next_id,
            parents.incident_id is not null as is_child
        from present as incidents
        left join
            present as parents
            on incidents.parent_incident_id = parents.incident_id
            and incidents.incident_id <> parents.incident_id
        left join
            twins
            on incidents.incident_id = twins.incident_id
            and twins.next_id <> incidents.incident_id
        where coalesce(parents.incident_id, twins.next_id) is not null
    ),
    chains as (
        select
            incident_id,
            next_id as reached_id,
            [incident_id, next_id] as passed_ids,
            not is_child as is_twin
        from links
        union all
        select
            chains.incident_id,
            links.next_id,
            list_append(chains.passed_ids, links.next_id),
            false
        from chains
        inner join links on chains.reached_id = links.incident_id
        where not list_contains(chains.passed_ids, links.next_id)
    ),
    ends as (
        select
            incident_id,
            arg_max(reached_id, len(passed_ids)) as reached_id,
            arg_max(passed_ids, len(passed_ids)) as passed_ids,
            arg_max(is_twin, len(passed_ids)) as is_twin
        from chains
        group by incident_id
    ),
    roots as (
        {# records that name each other in a circle count as the first of them #}
        select
            ends.incident_id,
            case
                when links.incident_id is null
                then ends.reached_id
                else list_min(ends.passed_ids)
            end as root_incident_id,
            ends.is_twin
        from ends
        left join links on ends.reached_id = links.incident_id
    )
select
    incidents.*,
    case
        when roots.root_incident_id is null
        then null
        when roots.root_incident_id = incidents.incident_id
        then null
        when roots.is_twin
        then 'same_incident'
        else 'duplicate'
    end as folded_as,
    coalesce(roots.root_incident_id, incidents.incident_id) as root_incident_id
from current_incidents as incidents
left join roots on incidents.incident_id = roots.incident_id
