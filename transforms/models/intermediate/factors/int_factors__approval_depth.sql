{#
  Approvals given before the deployment began: of its change request, or of its changes in review,
  where the change with the fewest counts. The larger of the two.
#}
with
    requested as (
        select
            requests.deployment_id,
            count(
                distinct case
                    when
                        approvals.state = 'approved'
                        and coalesce(approvals.decided_at, approvals.created_at)
                        <= deployments.started_at
                    then approvals.approver_id
                end
            ) as approval_count
        from {{ ref("int_deployment_requests") }} as requests
        inner join
            {{ ref("fct_deployments") }} as deployments
            on requests.deployment_id = deployments.deployment_id
        left join
            {{ ref("approvals") }} as approvals
            on requests.change_request_id = approvals.change_request_id
        group by requests.deployment_id
    ),
    by_change as (
        select
            changes.deployment_id,
            changes.change_id,
            count(
                distinct case
                    when
                        reviews.state = 'approved'
                        and not coalesce(reviews.is_bot, false)
                        and reviews.submitted_at <= changes.deploy_started_at
                    then reviews.reviewer_id
                end
            ) as approval_count
        from {{ ref("fct_changes") }} as changes
        left join
            {{ ref("reviews") }} as reviews on changes.change_id = reviews.change_id
        where changes.deployment_id is not null and changes.is_reviewable
        group by changes.deployment_id, changes.change_id
    ),
    depths as (
        select deployment_id, max(approval_count) as approval_count
        from
            (
                select deployment_id, approval_count
                from requested
                union all
                select deployment_id, min(approval_count) as approval_count
                from by_change
                group by deployment_id
            )
        group by deployment_id
    )
select
    deployment_id,
    case
        when approval_count = 0
        then 'no approval'
        when approval_count = 1
        then '1 approval'
        else '2 or more approvals'
    end as level,
    least(approval_count, 2) + 1 as level_order
from depths
