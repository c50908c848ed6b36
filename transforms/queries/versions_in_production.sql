-- title: What runs in production
-- question: Which version of each service is live, since when, and by which deployment?
-- asked by: on-call engineers
-- topic: Delivery
select
    service_id,
    version,
    finished_at as live_since_at,
    kind,
    change_count,
    commit_sha,
    source_url
from fct_deployments
where environment_tier = 'production' and reached_production and not is_partial
qualify
    row_number() over (partition by service_id order by finished_at desc, deployment_id)
    = 1
order by service_id
