-- title: Rollbacks and rework of each service
-- question: Where do we deploy to repair instead of to deliver?
-- asked by: team leads
-- topic: Failures
select
    service_id,
    count(*) as deployment_count,
    count(case when kind = 'rollback' then 1 end) as rollback_count,
    count(case when kind = 'rework' then 1 end) as rework_count,
    max(case when kind in ('rollback', 'rework') then finished_at end) as last_at
from fct_deployments
where environment_tier = 'production' and exclusion_reason is null
group by service_id
having count(case when kind in ('rollback', 'rework') then 1 end) > 0
order by rollback_count + rework_count desc, service_id
