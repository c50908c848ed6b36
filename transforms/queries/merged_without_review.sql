-- title: Changes that went live without a review
-- question: Which reviewable changes went live although no other person had approved
-- them?
-- asked by: auditors
-- topic: Risk and control
select
    deployment_id,
    service_id,
    title,
    merged_at,
    deployed_at,
    review_count,
    approver_count,
    commit_count,
    source_url
from deployment_changes
where
    is_reviewable
    and not is_bot
    and approver_count = 0
    and deployed_at > (select as_of - interval 90 day from build_information)
order by deployed_at desc, change_id
limit 500
