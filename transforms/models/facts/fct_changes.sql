{#
  Merged units of work by service, each at its first production deployment, with the stages of its
  lead time: boundaries are clamped to be monotone, so that stages sum exactly to the total.
#}
with
    merged as (select * from {{ ref("changes") }} where is_merged),
    commit_starts as (
        {# changes built on each other name the same commit: it belongs to the one merged first #}
        select change_id, min(authored_at) as started_at, count(*) as commit_count
        from
            (
                select change_commits.change_id, change_commits.authored_at
                from {{ ref("change_commits") }} as change_commits
                inner join merged on change_commits.change_id = merged.change_id
                where not change_commits.is_merge
                qualify
                    row_number() over (
                        partition by
                            change_commits.repository, change_commits.commit_sha
                        order by merged.merged_at, merged.change_id
                    )
                    = 1
            )
        group by change_id
    ),
    graph_starts as (
        select
            change_id,
            service_id,
            min(authored_at) as started_at,
            count(*) as commit_count,
            bool_and(original_commit_sha is not null) as is_copy
        from {{ ref("fct_commits") }}
        where change_id is not null and not is_merge
        group by change_id, service_id
    ),
    human_reviews as (
        select
            reviews.change_id,
            min(reviews.submitted_at) as first_review_at,
            max(
                case when reviews.state = 'approved' then reviews.submitted_at end
            ) as approved_at
        from {{ ref("reviews") }} as reviews
        inner join merged on reviews.change_id = merged.change_id
        where
            not reviews.is_bot
            and reviews.reviewer_id is distinct from merged.author_id
            and reviews.submitted_at <= merged.merged_at
        group by reviews.change_id
    ),
    live_merges as (
        select service_id, repository, commit_sha, deployment_id, is_baseline
        from {{ ref("int_commit_deployments") }}
    ),
    host_changes as (
        select
            merged.change_id,
            service_repositories.service_id,
            merged.repository,
            live_merges.deployment_id,
            coalesce(live_merges.is_baseline, false) as is_baseline,
            merged.author_id,
            merged.title,
            merged.source_url,
            merged.is_bot,
            true as is_reviewable,
            coalesce(
                commit_starts.commit_count, graph_starts.commit_count, 0
            ) as commit_count,
            coalesce(commit_starts.started_at, graph_starts.started_at) as started_at,
            case
                when outside.commit_sha is not null
                then 'outside_paths'
                when graph_starts.is_copy
                then 'same_patch'
            end as known_reason,
            merged.created_at as ready_at,
            human_reviews.first_review_at,
            human_reviews.approved_at,
            merged.merged_at,
            merged.read_at
        from merged
        inner join
            {{ ref("service_repositories") }} as service_repositories
            on merged.repository = service_repositories.repository
        left join commit_starts on merged.change_id = commit_starts.change_id
        left join
            graph_starts
            on merged.change_id = graph_starts.change_id
            and service_repositories.service_id = graph_starts.service_id
        left join human_reviews on merged.change_id = human_reviews.change_id
        left join
            live_merges
            on service_repositories.service_id = live_merges.service_id
            and merged.repository = live_merges.repository
            and merged.merge_commit_sha = live_merges.commit_sha
        left join
            {{ ref("int_commits__outside") }} as outside
            on service_repositories.service_id = outside.service_id
            and merged.repository = outside.repository
            and merged.merge_commit_sha = outside.commit_sha
    ),
    shared_repositories as (
        select repository
        from {{ ref("service_repositories") }}
        group by repository
        having count(*) > 1
    ),
    direct_commits as (
        select
            repository || '@' || commit_sha as change_id,
            service_id,
            repository,
            deployment_id,
            is_baseline,
            author_id,
            title,
            source_url,
            is_bot,
            false as is_reviewable,
            1 as commit_count,
            authored_at as started_at,
            case
                when exclusion_reason in ('outside_paths', 'same_patch')
                then exclusion_reason
            end as known_reason,
            null::timestamp as ready_at,
            null::timestamp as first_review_at,
            null::timestamp as approved_at,
            committed_at as merged_at,
            {{ as_of() }} as read_at
        from {{ ref("fct_commits") }}
        where change_id is null and not is_merge
    ),
    all_changes as (
        select *
        from host_changes
        union all
        select *
        from direct_commits
    ),
    deployed as (
        select
            all_changes.*,
            shared_repositories.repository is not null as is_shared,
            deployments.started_at as deploy_started_at,
            deployments.finished_at as deployed_at,
            deployments.finished_date as deployed_date,
            coalesce(deployments.team_id, ownership.team_id) as team_id,
            case
                when all_changes.known_reason is not null
                then all_changes.known_reason
                when all_changes.deployment_id is null
                then 'not_deployed'
                when all_changes.started_at is null
                then 'missing_start'
                when
                    {{ is_impossible("all_changes.started_at", "all_changes.read_at") }}
                then 'impossible_time'
                when all_changes.is_baseline
                then 'no_baseline'
                when all_changes.started_at > deployments.finished_at
                then 'negative_duration'
            end as exclusion_reason
        from all_changes
        left join
            {{ ref("int_deployments__collapsed") }} as deployments
            on all_changes.deployment_id = deployments.deployment_id
        left join
            shared_repositories
            on all_changes.repository = shared_repositories.repository
        left join
            {{ ref("service_ownership") }} as ownership
            on all_changes.deployment_id is null
            and {{ owned_on("all_changes.service_id", "all_changes.merged_at") }}
    ),
    ready as (
        select
            *,
            greatest(
                started_at, least(coalesce(ready_at, started_at), deployed_at)
            ) as ready_bound
        from deployed
    ),
    reviewed as (
        select
            *,
            greatest(
                ready_bound, least(coalesce(first_review_at, ready_bound), deployed_at)
            ) as review_bound
        from ready
    ),
    approved as (
        select
            *,
            greatest(
                review_bound, least(coalesce(approved_at, review_bound), deployed_at)
            ) as approval_bound
        from reviewed
    ),
    merged_bounds as (
        select
            *,
            greatest(
                approval_bound, least(coalesce(merged_at, approval_bound), deployed_at)
            ) as merge_bound
        from approved
    ),
    bounds as (
        select
            *,
            greatest(
                merge_bound,
                least(coalesce(deploy_started_at, merge_bound), deployed_at)
            ) as deploy_bound
        from merged_bounds
    )
select
    bounds.change_id,
    bounds.service_id,
    bounds.repository,
    bounds.deployment_id,
    bounds.team_id,
    bounds.author_id,
    bounds.title,
    bounds.source_url,
    bounds.exclusion_reason,
    nullif(
        concat_ws(
            ', ',
            case
                when bounds.is_reviewable and bounds.first_review_at is null
                then 'first_review'
            end,
            case
                when bounds.is_reviewable and bounds.approved_at is null then 'approval'
            end,
            case when not bounds.is_reviewable then 'change_of_a_host' end
        ),
        ''
    ) as stage_missing,
    bounds.commit_count,
    case
        when bounds.started_at <= bounds.deployed_at
        then {{ seconds_between("bounds.started_at", "bounds.deployed_at") }}
    end as lead_time_seconds,
    case
        when bounds.started_at <= bounds.deployed_at
        then
            {{
                working_seconds(
                    "bounds.started_at", "bounds.deployed_at", "opening", "closing"
                )
            }}
    end as working_seconds,
    {{ seconds_between("bounds.started_at", "bounds.ready_bound") }} as coding_seconds,
    {{ seconds_between("bounds.ready_bound", "bounds.review_bound") }}
    as pickup_seconds,
    {{ seconds_between("bounds.review_bound", "bounds.approval_bound") }}
    as review_seconds,
    {{ seconds_between("bounds.approval_bound", "bounds.merge_bound") }}
    as merge_wait_seconds,
    {{ seconds_between("bounds.merge_bound", "bounds.deploy_bound") }}
    as deploy_wait_seconds,
    case
        when bounds.started_at <= bounds.deployed_at
        then {{ seconds_between("bounds.deploy_bound", "bounds.deployed_at") }}
    end as deploy_run_seconds,
    {{ seconds_between("bounds.merged_at", "bounds.deployed_at") }}
    as merge_to_deploy_seconds,
    bounds.is_bot,
    bounds.is_reviewable,
    bounds.is_shared,
    bounds.deployed_date,
    bounds.started_at,
    bounds.ready_at,
    bounds.first_review_at,
    bounds.approved_at,
    bounds.merged_at,
    bounds.deploy_started_at,
    bounds.deployed_at
from bounds
left join {{ ref("teams") }} as teams on bounds.team_id = teams.team_id
left join
    {{ ref("int_working_openings") }} as opening
    on coalesce(teams.calendar_id, 'organisation') = opening.calendar_id
    and cast(bounds.started_at as date) = opening.utc_date
left join
    {{ ref("int_working_openings") }} as closing
    on coalesce(teams.calendar_id, 'organisation') = closing.calendar_id
    and cast(bounds.deployed_at as date) = closing.utc_date
