{# How much of what was read can be used: shares with their counts, none of which blocks publishing. #}
with
    deployments as (select * from {{ ref("int_deployments__collapsed") }}),
    figures as (
        select
            'deployments_with_service' as figure,
            'Deployments that belong to a known service' as meaning,
            source,
            count(service_id) as numerator,
            count(*) as denominator
        from deployments
        group by source
        union all
        select
            'deployments_with_known_commit',
            'Deployments whose commit was read from its repository',
            deployments.source,
            count(commits.commit_sha),
            count(*)
        from deployments
        left join
            {{ ref("commits") }} as commits
            on deployments.repository = commits.repository
            and deployments.commit_sha = commits.commit_sha
        group by deployments.source
        union all
        select
            'deployments_with_environment_tier',
            'Deployments to an environment whose tier is configured',
            source,
            count(case when environment_tier <> 'unknown' then 1 end),
            count(*)
        from deployments
        group by source
        union all
        select
            'deployments_with_plausible_times',
            'Deployments whose instants can be true',
            source,
            count(
                case
                    when exclusion_reason in ('impossible_time', 'negative_duration')
                    then null
                    else 1
                end
            ),
            count(*)
        from deployments
        group by source
        union all
        select
            'incidents_with_service',
            'Incidents that name a known service',
            incidents.source,
            count(distinct incident_services.incident_id),
            count(distinct incidents.incident_id)
        from {{ ref("fct_incidents") }} as incidents
        left join
            {{ ref("incident_services") }} as incident_services
            on incidents.incident_id = incident_services.incident_id
        where incidents.exclusion_reason is null
        group by incidents.source
        union all
        select
            'incidents_with_impact_start',
            'Incidents whose start of impact is stated, not inferred from detection',
            source,
            count(case when impact_started_field = 'impact_started_at' then 1 end),
            count(*)
        from {{ ref("fct_incidents") }}
        where exclusion_reason is null
        group by source
        union all
        select
            'incidents_linked_to_deployment',
            'Incidents that a record links to the deployment that caused them',
            incidents.source,
            count(distinct links.incident_id),
            count(distinct incidents.incident_id)
        from {{ ref("fct_incidents") }} as incidents
        left join
            {{ ref("deployment_incidents") }} as links
            on incidents.incident_id = links.incident_id
        where incidents.exclusion_reason is null
        group by incidents.source
        union all
        select
            'commits_with_known_parents',
            'Commits all of whose parents were read',
            commits.source,
            count(*) - count(distinct orphans.commit_sha),
            count(*)
        from {{ ref("commits") }} as commits
        left join
            (
                select links.repository, links.commit_sha
                from
                    (
                        select repository, commit_sha, unnest(parent_shas) as parent_sha
                        from {{ ref("commits") }}
                    ) as links
                left join
                    {{ ref("commits") }} as parents
                    on links.repository = parents.repository
                    and links.parent_sha = parents.commit_sha
                where parents.commit_sha is null
                group by links.repository, links.commit_sha
            ) as orphans
            on commits.repository = orphans.repository
            and commits.commit_sha = orphans.commit_sha
        group by commits.source
        union all
        select
            'changes_with_service',
            'Merged changes whose repository belongs to a service',
            changes.source,
            count(distinct service_repositories.repository || changes.change_id),
            count(distinct changes.change_id)
        from {{ ref("changes") }} as changes
        left join
            {{ ref("service_repositories") }} as service_repositories
            on changes.repository = service_repositories.repository
            and service_repositories.is_declared
        where changes.is_merged
        group by changes.source
        union all
        select
            'updates_at_a_time_that_comes_once',
            'Imported updates none of whose local times the clocks showed twice; of two the first counts',
            source,
            count(case when not is_time_repeated then 1 end),
            count(*)
        from
            (
                {# a later export tells of the same update again #}
                select *
                from {{ ref("stg_servicenow__incident_audit_log") }}
                where read_at <= {{ as_of() }}
                qualify
                    row_number() over (
                        partition by source, number, row_ordinal
                        order by page_id, ordinal
                    )
                    = 1
            )
        group by source
    ),
    repositories as (
        select
            repositories.repository,
            repositories.source,
            readings.source is not null as is_read_by_git,
            coalesce(readings.changed_paths, 'not_read') as changed_paths,
            coalesce(readings.patch_ids, 'not_read') as patch_ids,
            told.repository is not null as is_told_by_paths
        from {{ ref("int_repositories") }} as repositories
        left join
            (
                select
                    repository,
                    min(source) as source,
                    min(changed_paths) as changed_paths,
                    min(patch_ids) as patch_ids
                from {{ newest("stg_git__repositories", "source, repository") }}
                group by repository
            ) as readings
            on repositories.repository = readings.repository
        left join
            (
                select distinct repository
                from {{ ref("service_repositories") }}
                where len(path_globs) > 0
            ) as told
            on repositories.repository = told.repository
    ),
    readings as (
        select
            'repositories_with_changed_paths' as figure,
            'Repositories of services told by paths whose changed paths are read'
            as meaning,
            source,
            changed_paths as reading
        from repositories
        where is_told_by_paths
        union all
        select
            'repositories_with_patch_ids',
            'Repositories read by git in which copies of commits are found',
            source,
            patch_ids
        from repositories
        where is_read_by_git
    ),
    all_figures as (
        select figure, meaning, source, numerator, denominator, null as reason
        from figures
        union all
        select
            'commits_with_plausible_times',
            'Commits whose moment of writing can be true',
            source,
            count(*)
            - count(case when {{ is_impossible("authored_at", "read_at") }} then 1 end),
            count(*),
            null
        from {{ ref("commits") }}
        group by source
        union all
        select
            'actors_resolved',
            'People who act and are declared in the settings or joined over records',
            actors.source,
            count(aliases.person_id),
            count(*),
            null
        from {{ ref("int_actors") }} as actors
        left join
            (select distinct person_id from {{ ref("identity_aliases") }}) as aliases
            on actors.person_id = aliases.person_id
        where not actors.is_bot
        group by actors.source
        union all
        select
            figure,
            min(meaning),
            source,
            count(case when reading = 'read' then 1 end),
            count(*),
            string_agg(
                distinct case when reading <> 'read' then reading end,
                ', '
                order by case when reading <> 'read' then reading end
            )
        from readings
        group by figure, source
    )
select
    figure,
    source,
    meaning,
    cast(numerator as bigint) as numerator,
    cast(denominator as bigint) as denominator,
    numerator / nullif(denominator, 0)::double as ratio,
    reason
from all_figures
