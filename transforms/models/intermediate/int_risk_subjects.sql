{#
  What a risk can be told of, as it is known before it begins: deployments that are over, open
  changes as if each were deployed alone as of the build, planned change requests with everything
  of their service that is merged and not live. Nothing here is known only afterwards.
#}
with
    brought as (
        select
            deployment_id,
            count(distinct author_id) as author_count,
            avg((approved_at is null)::double) filter (
                where is_reviewable
            ) as unapproved_share,
            min(started_at) as oldest_started_at
        from {{ ref("fct_changes") }}
        where deployment_id is not null
        group by deployment_id
    ),
    waiting as (
        select
            service_id,
            count(*) as change_count,
            count(distinct author_id) as author_count,
            avg((approved_at is null)::double) filter (
                where is_reviewable
            ) as unapproved_share,
            min(started_at) as oldest_started_at
        from {{ ref("fct_changes") }}
        {# not those that never go live with the service, as outside its paths #}
        where exclusion_reason = 'not_deployed'
        group by service_id
    ),
    deployments as (
        select
            'deployment' as subject_kind,
            deployments.deployment_id as subject_id,
            coalesce(deployments.version, deployments.deployment_id) as number,
            cast(null as varchar) as title,
            deployments.service_id,
            deployments.source_url,
            deployments.started_at,
            deployments.change_count,
            brought.author_count,
            brought.unapproved_share,
            brought.oldest_started_at,
            requests.type as request_type,
            deployments.strategy,
            deployments.finished_at + interval 72 hours as matures_at,
            case
                when not deployments.is_immature then deployments.is_failed
            end as is_failed
        from {{ ref("fct_deployments") }} as deployments
        left join brought on deployments.deployment_id = brought.deployment_id
        left join
            {{ ref("int_deployment_requests") }} as requests
            on deployments.deployment_id = requests.deployment_id
        where
            deployments.environment_tier = 'production'
            and deployments.exclusion_reason is null
            and deployments.is_change
            and deployments.reached_production
            and deployments.service_id is not null
            and deployments.started_at is not null
            and deployments.finished_at is not null
    ),
    open_changes as (
        select *
        from {{ ref("changes") }}
        where not is_merged and closed_at is null and not coalesce(is_draft, false)
    ),
    authors as (
        select
            commits.change_id,
            count(distinct commits.author_id) as author_count,
            min(commits.authored_at) as oldest_started_at
        from {{ ref("change_commits") }} as commits
        inner join open_changes on commits.change_id = open_changes.change_id
        where not commits.is_merge
        group by commits.change_id
    ),
    approved as (
        select distinct reviews.change_id
        from {{ ref("reviews") }} as reviews
        inner join open_changes on reviews.change_id = open_changes.change_id
        where
            reviews.state = 'approved'
            and not reviews.is_bot
            and reviews.reviewer_id is distinct from open_changes.author_id
    ),
    changes as (
        select
            'change' as subject_kind,
            open_changes.change_id as subject_id,
            open_changes.repository || '#' || open_changes.pull_number as number,
            open_changes.title,
            repositories.service_id,
            open_changes.source_url,
            {{ as_of() }} as started_at,
            1::bigint as change_count,
            greatest(coalesce(authors.author_count, 1), 1) as author_count,
            (approved.change_id is null)::double as unapproved_share,
            coalesce(
                authors.oldest_started_at, open_changes.created_at
            ) as oldest_started_at,
            cast(null as varchar) as request_type,
            cast(null as varchar) as strategy,
            cast(null as timestamp) as matures_at,
            cast(null as boolean) as is_failed
        from open_changes
        inner join
            {{ ref("service_repositories") }} as repositories
            on open_changes.repository = repositories.repository
        left join authors on open_changes.change_id = authors.change_id
        left join approved on open_changes.change_id = approved.change_id
    ),
    requests as (
        select
            'change_request' as subject_kind,
            requests.change_request_id as subject_id,
            requests.number,
            requests.title,
            requests.service_id,
            cast(null as varchar) as source_url,
            requests.planned_start_at as started_at,
            waiting.change_count,
            waiting.author_count,
            waiting.unapproved_share,
            waiting.oldest_started_at,
            requests.type as request_type,
            cast(null as varchar) as strategy,
            cast(null as timestamp) as matures_at,
            cast(null as boolean) as is_failed
        from {{ ref("change_requests") }} as requests
        left join waiting on requests.service_id = waiting.service_id
        where
            requests.is_current
            and not requests.is_deleted
            and requests.service_id is not null
            and requests.close_code is null
            and lower(coalesce(requests.state, ''))
            not in ('3', '4', 'closed', 'cancelled', 'canceled', 'rejected')
            and requests.work_started_at is null
            and requests.planned_start_at > {{ as_of() }}
    )
select *
from deployments
union all
select *
from changes
union all
select *
from requests
