{#
  Commits of merged work by service, each at its first production deployment. Where a host knows the
  commits that were squashed into one, they replace it and inherit its deployment; the copies that a
  rebase made belong to the change they are copies of. A commit that changes nothing of a service
  does not belong to it, and the copy of a commit that the service has already is not counted again.
#}
with
    changes as (select * from {{ ref("changes") }} where is_merged),
    merge_commits as (
        select
            changes.change_id, commits.repository, commits.commit_sha, commits.is_merge
        from changes
        inner join
            {{ ref("commits") }} as commits
            on changes.repository = commits.repository
            and changes.merge_commit_sha = commits.commit_sha
    ),
    originals as (
        select
            change_commits.*,
            merge_commits.commit_sha as merge_commit_sha,
            merge_commits.is_merge as was_merged_whole,
            graph.commit_sha is not null as is_in_graph,
            changes.merged_at
        from {{ ref("change_commits") }} as change_commits
        inner join merge_commits on change_commits.change_id = merge_commits.change_id
        inner join changes on change_commits.change_id = changes.change_id
        left join
            {{ ref("commits") }} as graph
            on change_commits.repository = graph.repository
            and change_commits.commit_sha = graph.commit_sha
    ),
    copies as (
        select
            originals.change_id,
            originals.repository,
            originals.commit_sha as original_sha,
            min(commits.commit_sha) as commit_sha
        from originals
        inner join
            {{ ref("commits") }} as commits
            on originals.repository = commits.repository
            and originals.authored_at = commits.authored_at
            and originals.title = commits.title
            and originals.author_id is not distinct from commits.author_id
        where
            not originals.is_in_graph
            and not originals.was_merged_whole
            and not commits.is_merge
            and commits.committed_at
            between originals.committed_at and originals.merged_at
            + interval 120 seconds
        group by originals.change_id, originals.repository, originals.commit_sha
    ),
    squashed_away as (
        select originals.*
        from originals
        left join
            copies
            on originals.change_id = copies.change_id
            and originals.commit_sha = copies.original_sha
        where
            not originals.was_merged_whole
            and not originals.is_in_graph
            and copies.commit_sha is null
    ),
    squashed as (select distinct change_id from squashed_away),
    membership as (
        select repository, commit_sha, min(change_id) as change_id
        from
            (
                select repository, commit_sha, change_id
                from merge_commits
                union all
                select repository, commit_sha, change_id
                from originals
                where is_in_graph
                union all
                select repository, commit_sha, change_id
                from copies
            )
        group by repository, commit_sha
    ),
    graph_commits as (
        select
            service_repositories.service_id,
            commits.repository,
            commits.commit_sha,
            commits.commit_sha as live_commit_sha,
            membership.change_id,
            commits.author_id,
            commits.title,
            commits.source_url,
            commits.is_bot,
            commits.is_merge,
            squashed.change_id is not null
            and membership.commit_sha = merge_commits.commit_sha as is_replaced,
            commits.authored_at,
            commits.committed_at,
            commits.read_at
        from {{ ref("commits") }} as commits
        inner join
            {{ ref("service_repositories") }} as service_repositories
            on commits.repository = service_repositories.repository
        left join
            membership
            on commits.repository = membership.repository
            and commits.commit_sha = membership.commit_sha
        left join
            merge_commits
            on membership.change_id = merge_commits.change_id
            and commits.commit_sha = merge_commits.commit_sha
        left join squashed on merge_commits.change_id = squashed.change_id
    ),
    first_originals as (
        {# changes built on each other name the same commit: it belongs to the one merged first #}
        select *
        from squashed_away
        qualify
            row_number() over (
                partition by repository, commit_sha order by merged_at, change_id
            )
            = 1
    ),
    original_commits as (
        select
            service_repositories.service_id,
            originals.repository,
            originals.commit_sha,
            originals.merge_commit_sha as live_commit_sha,
            originals.change_id,
            originals.author_id,
            originals.title,
            null as source_url,
            originals.is_bot,
            originals.is_merge,
            false as is_replaced,
            originals.authored_at,
            originals.committed_at,
            originals.read_at
        from first_originals as originals
        inner join
            {{ ref("service_repositories") }} as service_repositories
            on originals.repository = service_repositories.repository
    ),
    all_commits as (
        select *
        from graph_commits
        union all
        select *
        from original_commits
    ),
    shared_repositories as (
        select repository
        from {{ ref("service_repositories") }}
        group by repository
        having count(*) > 1
    ),
    deployed as (
        select
            all_commits.*,
            shared_repositories.repository is not null as is_shared,
            live.deployment_id,
            coalesce(live.is_baseline, false) as is_baseline,
            outside.commit_sha is not null as is_outside,
            copies_live.original_commit_sha,
            deployments.finished_at as deployed_at,
            deployments.finished_date as deployed_date,
            deployments.team_id
        from all_commits
        left join
            {{ ref("int_commit_deployments") }} as live
            on all_commits.service_id = live.service_id
            and all_commits.repository = live.repository
            and all_commits.live_commit_sha = live.commit_sha
        left join
            {{ ref("int_deployments__collapsed") }} as deployments
            on live.deployment_id = deployments.deployment_id
        left join
            shared_repositories
            on all_commits.repository = shared_repositories.repository
        left join
            {{ ref("int_commits__outside") }} as outside
            on all_commits.service_id = outside.service_id
            and all_commits.repository = outside.repository
            and all_commits.live_commit_sha = outside.commit_sha
        left join
            {{ ref("int_commit_copies") }} as copies_live
            on all_commits.service_id = copies_live.service_id
            and all_commits.repository = copies_live.repository
            and all_commits.live_commit_sha = copies_live.commit_sha
    )
select
    deployed.service_id,
    deployed.repository,
    deployed.commit_sha,
    deployed.change_id,
    deployed.deployment_id,
    deployed.team_id,
    deployed.author_id,
    deployed.title,
    deployed.source_url,
    deployed.original_commit_sha,
    case
        when deployed.is_replaced
        then 'squashed'
        when deployed.is_merge
        then 'merge_commit'
        when deployed.is_outside
        then 'outside_paths'
        when deployed.original_commit_sha is not null
        then 'same_patch'
        when deployed.deployment_id is null
        then 'not_deployed'
        when deployed.authored_at is null
        then 'missing_start'
        when {{ is_impossible("deployed.authored_at", "deployed.read_at") }}
        then 'impossible_time'
        when deployed.is_baseline
        then 'no_baseline'
        when deployed.authored_at > deployed.deployed_at
        then 'negative_duration'
    end as exclusion_reason,
    case
        when deployed.authored_at <= deployed.deployed_at
        then {{ seconds_between("deployed.authored_at", "deployed.deployed_at") }}
    end as lead_time_seconds,
    {{ seconds_between("deployed.committed_at", "deployed.deployed_at") }}
    as committed_lead_time_seconds,
    deployed.is_bot,
    deployed.is_merge,
    deployed.is_baseline,
    deployed.is_shared,
    deployed.deployed_date,
    deployed.authored_at,
    deployed.committed_at,
    deployed.deployed_at
from deployed
