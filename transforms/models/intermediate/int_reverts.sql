{#
  Commits undone by a later release: the trailer "This reverts commit <sha>" is explicit; a title
  Revert "<title>" counts when exactly one earlier deployed commit has that title, as inferred.
#}
with
    live as (
        select
            commit_deployments.service_id,
            commit_deployments.repository,
            commit_deployments.commit_sha,
            commit_deployments.deployment_id,
            walked.deployment_index
        from {{ ref("int_commit_deployments") }} as commit_deployments
        inner join
            {{ ref("int_deployments__walked") }} as walked
            on commit_deployments.deployment_id = walked.deployment_id
    ),
    undoing as (
        select repository, commit_sha, title, reverted_shas, committed_at
        from {{ ref("commits") }}
        where len(reverted_shas) > 0 or title like 'Revert "%'
    ),
    explicit as (
        select
            repository,
            commit_sha as revert_sha,
            unnest(reverted_shas) as reverted_sha,
            false as is_inferred
        from undoing
        where len(reverted_shas) > 0
    ),
    by_title as (
        select
            undoing.repository,
            undoing.commit_sha as revert_sha,
            min(commits.commit_sha) as reverted_sha,
            true as is_inferred
        from undoing
        inner join
            {{ ref("commits") }} as commits
            on undoing.repository = commits.repository
            and {{ plain_title("regexp_extract(undoing.title, '^Revert \"(.*)\"', 1)") }}
            = {{ plain_title("commits.title") }}
            and commits.committed_at < undoing.committed_at
        inner join
            (select distinct repository, commit_sha from live) as deployed
            on commits.repository = deployed.repository
            and commits.commit_sha = deployed.commit_sha
        where len(undoing.reverted_shas) = 0
        group by undoing.repository, undoing.commit_sha
        having count(*) = 1
    ),
    reverts as (
        select *
        from explicit
        union all
        select *
        from by_title
    )
select
    broken.service_id,
    reverts.reverted_sha,
    reverts.revert_sha,
    broken.deployment_id as failed_deployment_id,
    fixing.deployment_id as fixing_deployment_id,
    reverts.is_inferred
from reverts
inner join
    live as broken
    on reverts.repository = broken.repository
    and reverts.reverted_sha = broken.commit_sha
inner join
    live as fixing
    on reverts.repository = fixing.repository
    and reverts.revert_sha = fixing.commit_sha
    and broken.service_id = fixing.service_id
where fixing.deployment_index > broken.deployment_index
