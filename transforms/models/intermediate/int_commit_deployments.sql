{#
  The first production deployment of each commit of a service, by name instead of number; without
  the commits that change nothing of it.
#}
select
    walked.service_id,
    commits.repository,
    commits.commit_sha,
    walked.deployment_id,
    walked.is_baseline
from {{ ref("int_first_deployments") }} as first_deployments
inner join
    {{ ref("int_deployments__walked") }} as walked
    on first_deployments.deployment_index = walked.deployment_index
inner join
    {{ ref("int_commits__indexed") }} as commits
    on first_deployments.commit_index = commits.commit_index
left join
    {{ ref("int_commits__outside") }} as outside
    on walked.service_id = outside.service_id
    and commits.repository = outside.repository
    and commits.commit_sha = outside.commit_sha
where outside.commit_sha is null
