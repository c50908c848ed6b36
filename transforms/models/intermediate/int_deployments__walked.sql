{# Production deployments in the order in which a service's commits went live, with their commit. #}
select
    row_number() over (
        order by
            deployments.service_id, deployments.finished_at, deployments.deployment_id
    )
    - 1 as deployment_index,
    dense_rank() over (order by deployments.service_id) - 1 as service_index,
    deployments.deployment_id,
    deployments.service_id,
    deployments.environment_id,
    deployments.repository,
    commits.commit_index,
    {# the first one whose commit is known: what it contains is older than what was read #}
    row_number() over (
        partition by deployments.service_id, deployments.repository
        order by
            commits.commit_index is null,
            deployments.finished_at,
            deployments.deployment_id
    )
    = 1 as is_baseline
from {{ ref("int_deployments__collapsed") }} as deployments
left join
    {{ ref("int_commits__indexed") }} as commits
    on deployments.repository = commits.repository
    and deployments.commit_sha = commits.commit_sha
where
    deployments.environment_tier = 'production'
    and deployments.reached_production
    and deployments.exclusion_reason is null
