-- title: The slowest changes and where their time went
-- question: Which changes took longest to go live, and in which stage did they wait?
-- asked by: team leads
-- topic: Delivery
select
    title,
    service_id,
    deployed_date,
    lead_time_seconds / 86400 as lead_time_days,
    coding_seconds / 3600 as coding_hours,
    pickup_seconds / 3600 as pickup_hours,
    review_seconds / 3600 as review_hours,
    merge_wait_seconds / 3600 as merge_wait_hours,
    deploy_wait_seconds / 3600 as deploy_wait_hours,
    source_url
from fct_changes
where
    exclusion_reason is null
    and deployed_at > (select as_of - interval 90 day from build_information)
order by lead_time_seconds desc
limit 50
