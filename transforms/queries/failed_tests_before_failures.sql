-- title: Failed tests before deployments that failed
-- question: Which tests had failed before a deployment that later failed?
-- asked by: test engineers
-- topic: Tests and pipelines
select
    failed.test_name,
    count(*) as deployment_count,
    count(case when deployments.is_failed then 1 end) as failed_deployment_count
from
    (
        select deployment_id, unnest(failed_tests) as test_name from deployment_details
    ) as failed
inner join
    fct_deployments as deployments on failed.deployment_id = deployments.deployment_id
group by failed.test_name
order by failed_deployment_count desc, deployment_count desc, failed.test_name
limit 50
