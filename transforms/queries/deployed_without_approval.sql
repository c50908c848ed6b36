-- title: Deployments without an approval before they began
-- question: Which production deployments have no change request, or one that was
-- approved too late?
-- asked by: auditors
-- topic: Risk and control
select
    deployments.service_id,
    deployments.version,
    deployments.started_at,
    details.change_request_number,
    details.change_request_type,
    details.approved_at,
    details.approver_count,
    deployments.source_url
from fct_deployments as deployments
inner join
    deployment_details as details on deployments.deployment_id = details.deployment_id
where
    deployments.environment_tier = 'production'
    and deployments.is_change
    and deployments.started_at > (select as_of - interval 90 day from build_information)
    and not coalesce(details.is_approved_before_start, false)
order by deployments.started_at desc
limit 500
