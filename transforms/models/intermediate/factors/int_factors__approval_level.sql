{# The highest approval that a deployment had before it began, or that it was approved afterwards. #}
with
    ranked as (
        select
            requests.deployment_id,
            max(
                case
                    when approvals.decided_at > deployments.started_at
                    then 2
                    when roles.role_name = 'executive'
                    then 6
                    when roles.role_name in ('cab', 'ecab')
                    then 5
                    else 4
                end
            ) as level_order
        from {{ ref("int_deployment_requests") }} as requests
        inner join
            {{ ref("fct_deployments") }} as deployments
            on requests.deployment_id = deployments.deployment_id
        inner join
            {{ ref("approvals") }} as approvals
            on requests.change_request_id = approvals.change_request_id
            and approvals.state = 'approved'
            and approvals.decided_at is not null
        left join
            {{ ref("approver_roles") }} as roles
            on approvals.approver_id = roles.person_id
            and {{ held_at("roles", "approvals.decided_at") }}
        group by requests.deployment_id
    ),
    peers as (
        select
            deployment_id,
            bool_and(is_reviewable and approved_at is not null) as is_reviewed
        from {{ ref("fct_changes") }}
        where deployment_id is not null
        group by deployment_id
    ),
    levels as (
        select
            deployments.deployment_id,
            coalesce(
                ranked.level_order, case when peers.is_reviewed then 3 else 1 end
            ) as level_order
        from {{ ref("fct_deployments") }} as deployments
        left join ranked on deployments.deployment_id = ranked.deployment_id
        left join peers on deployments.deployment_id = peers.deployment_id
        where
            exists (
                select 1 from {{ ref("approvals") }} where change_request_id is not null
            )
            and (ranked.deployment_id is not null or peers.deployment_id is not null)
    )
select
    deployment_id,
    case
        level_order
        when 1
        then 'neither review nor approval'
        when 2
        then 'an approval afterwards'
        when 3
        then 'peer review alone'
        when 4
        then 'a group approval'
        when 5
        then 'approval by the board'
        else 'approval by an executive'
    end as level,
    level_order
from levels
