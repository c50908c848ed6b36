-- title: The rows behind a number
-- question: Which deployments make up the change failure rate of the last 30 days?
-- asked by: auditors
-- topic: Trust in the numbers
select
    label,
    service_id,
    anchor_at,
    is_numerator as is_failed,
    exclusion_reason,
    source_url
from change_failure_rate_observations
where anchor_at > (select as_of - interval 30 day from build_information)
order by anchor_at desc, observation_id
