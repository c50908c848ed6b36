{# The change request that a deployment ran under: the one that names it, or that it names. #}
with
    requests as (
        select * from {{ ref("change_requests") }} where is_current and not is_deleted
    ),
    attempts as (
        select deployment_id, change_request_number, unnest(attempt_ids) as attempt_id
        from {{ ref("int_deployments__collapsed") }}
    ),
    matched as (
        select
            attempts.deployment_id,
            requests.change_request_id,
            requests.type,
            requests.created_at
        from attempts
        inner join requests on attempts.attempt_id = requests.correlation_id
        union
        select
            attempts.deployment_id,
            requests.change_request_id,
            requests.type,
            requests.created_at
        from attempts
        inner join requests on attempts.change_request_number = requests.number
    )
select
    deployment_id,
    arg_max(
        change_request_id, (coalesce(created_at, timestamp 'epoch'), change_request_id)
    ) as change_request_id,
    arg_max(type, (coalesce(created_at, timestamp 'epoch'), change_request_id)) as type
from matched
group by deployment_id
