with
    versions as (
        select source, map_from_entries(list((version_id, name))) as names
        from {{ newest("stg_jira__versions", "source, version_id") }}
        group by source
    )
select
    issues.source || ':' || issues.issue_id as work_item_id,
    issues.key,
    issues.project,
    issues.type,
    issues.status,
    case
        issues.status_category
        when 'new'
        then 'open'
        when 'indeterminate'
        then 'in_progress'
        else lower(issues.status_category)
    end as status_category,
    issues.title,
    issues.priority,
    issues.parent_key,
    issues.labels,
    {# a version that was renamed since goes by its present name #}
    list_transform(
        list_zip(issues.fix_version_ids, issues.fix_version_names),
        lambda version:coalesce(versions.names[version[1]], version[2])
    ) as fix_versions,
    issues.assignee_id,
    issues.reporter_id,
    issues.service_name,
    issues.created_at,
    coalesce(
        issues.resolved_at,
        case
            when issues.status_category = 'done' then issues.status_category_changed_at
        end
    ) as resolved_at,
    issues.due_date,
    issues.source_updated_at,
    issues.source_url,
    issues.source,
    issues.page_id,
    issues.ordinal,
    issues.read_at
from {{ ref("stg_jira__issues") }} as issues
left join versions on issues.source = versions.source
where issues.read_at <= {{ as_of() }}
