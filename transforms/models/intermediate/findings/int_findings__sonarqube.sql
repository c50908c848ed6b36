with
    projects as (
        select projects.*, aliases.service_id
        from {{ newest("stg_sonarqube__projects", "source, project_key") }} as projects
        left join
            {{ ref("service_aliases") }} as aliases
            on lower(projects.project_key) = aliases.alias
    ),
    issues as (
        select
            *,
            case
                when
                    resolution in ('false-positive', 'wontfix')
                    or status in ('false_positive', 'accepted')
                then 'dismissed'
                when resolution in ('fixed', 'removed') or status in ('fixed', 'closed')
                then 'fixed'
                else 'open'
            end as state
        from {{ newest("stg_sonarqube__issues", "source, issue_key") }}
    )
select
    issues.source || ':' || issues.issue_key as finding_id,
    'sonarqube' as tool,
    case
        when issues.rule_id like 'secrets:%' then 'secret' else 'static_analysis'
    end as category,
    issues.rule_id,
    issues.title,
    issues.severity,
    substr(
        issues.component,
        case
            when starts_with(issues.component, issues.project_key || ':')
            then length(issues.project_key) + 2
            else 1
        end
    ) as file_path,
    issues.line_number,
    projects.service_id,
    coalesce(projects.name, issues.project_key) as service_name,
    issues.state,
    issues.created_at as first_seen_at,
    case
        when issues.state = 'fixed'
        then coalesce(issues.closed_at, issues.source_updated_at)
    end as fixed_at,
    issues.source,
    issues.page_id,
    issues.ordinal,
    issues.read_at
from issues
left join projects using (source, project_key)
