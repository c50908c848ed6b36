-- title: Deployments that break another service
-- question: Whose deployments probably caused incidents of which other service?
-- asked by: architects
-- topic: Incidents
select
    suspects.service_id as deployed_service,
    affected.service_id as affected_service,
    suspects.hop_count,
    sum(suspects.probability) as expected_incident_count,
    count(distinct suspects.incident_id) as incident_count
from incident_suspects as suspects
inner join incident_services as affected on suspects.incident_id = affected.incident_id
where suspects.hop_count > 0 and suspects.service_id <> affected.service_id
group by all
having sum(suspects.probability) >= 0.05
order by expected_incident_count desc, deployed_service, affected_service
