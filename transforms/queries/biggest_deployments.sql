-- title: The biggest deployments
-- question: Which deployments carried the most changes, and did they fail?
-- asked by: release manager
-- topic: Delivery
select
    service_id,
    version,
    finished_at,
    change_count,
    commit_count,
    is_failed,
    recovery_seconds / 3600 as recovery_hours,
    source_url
from fct_deployments
where is_change and environment_tier = 'production' and exclusion_reason is null
order by change_count desc, finished_at desc
limit 50
