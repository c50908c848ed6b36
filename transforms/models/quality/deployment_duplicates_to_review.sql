{# Deployments of two sources that may be one: the same commit within a day, not matched with each other. #}
with
    pairs as (select * from {{ ref("int_deployments__pairs") }}),
    matched as (
        select deployment_id, other_source as source
        from pairs
        where is_same
        union all
        select other_deployment_id, source
        from pairs
        where is_same
    ),
    unmatched as (
        select pairs.*
        from pairs
        left join
            matched
            on pairs.deployment_id = matched.deployment_id
            and pairs.other_source = matched.source
        left join
            matched as other_matched
            on pairs.other_deployment_id = other_matched.deployment_id
            and pairs.source = other_matched.source
        where
            not pairs.is_same
            and pairs.is_same_code
            and matched.deployment_id is null
            and other_matched.deployment_id is null
    )
select
    unmatched.deployment_id,
    unmatched.other_deployment_id,
    unmatched.service_id,
    unmatched.environment_id,
    one.commit_sha,
    unmatched.source,
    unmatched.other_source,
    unmatched.seconds_apart,
    one.started_at,
    other.started_at as other_started_at
from unmatched
inner join
    {{ ref("int_deployments__grouped") }} as one
    on unmatched.deployment_id = one.deployment_id
inner join
    {{ ref("int_deployments__grouped") }} as other
    on unmatched.other_deployment_id = other.deployment_id
