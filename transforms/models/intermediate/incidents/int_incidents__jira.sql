{# Issues that the settings call incidents; what happened to one before its update is known of it. #}
with
    issues as (select * from {{ jira_issues("incident") }}),
    happened as (
        select
            issues.source,
            issues.page_id,
            issues.ordinal,
            min(
                case when changes.field = 'status' then changes.changed_at end
            ) as acknowledged_at,
            max(
                case
                    when changes.field = 'resolution' and changes.new_value is not null
                    then changes.changed_at
                end
            ) as resolved_at,
            max(
                case
                    when changes.field = 'resolution' and changes.new_value is null
                    then changes.changed_at
                end
            ) as reopened_at,
            count(
                case
                    when changes.field = 'resolution' and changes.new_value is null
                    then 1
                end
            ) as reopen_count
        from issues
        inner join
            {{ newest("stg_jira__changelogs", "source, change_id, field, item") }}
            as changes
            on issues.source = changes.source
            and issues.issue_id = changes.issue_id
            and changes.changed_at <= issues.source_updated_at
        group by issues.source, issues.page_id, issues.ordinal
    )
select
    issues.source || ':' || issues.issue_id as incident_id,
    issues.key as number,
    issues.service_name,
    list_filter(
        list_zip(issues.link_words, issues.linked_keys),
        lambda link:lower(link[1]) like '%caused by%' and link[2] is not null
    )[1][2] as caused_by_change_request_number,
    issues.title,
    case
        when
            lower(issues.status) in ('canceled', 'cancelled', 'declined', 'false alarm')
            or lower(issues.resolution)
            in ('canceled', 'cancelled', 'declined', 'false alarm', 'invalid')
        then 'invalid'
        when issues.status_category = 'done' and lower(issues.status) = 'closed'
        then 'closed'
        when issues.status_category = 'done'
        then 'resolved'
        when issues.status_category = 'indeterminate'
        then 'acknowledged'
        else 'open'
    end as status,
    issues.source_url,
    {{ severity_of("issues.severity") }} as severity,
    coalesce(happened.reopen_count, 0) as reopen_count,
    issues.impact_started_at as stated_impact_started_at,
    issues.created_at as detected_at,
    issues.created_at,
    happened.acknowledged_at,
    case
        when issues.status_category = 'done'
        then coalesce(issues.resolved_at, issues.status_category_changed_at)
    end as resolved_at,
    coalesce(happened.resolved_at, issues.resolved_at) as last_resolved_at,
    happened.reopened_at,
    issues.source_updated_at,
    issues.source,
    issues.page_id,
    issues.ordinal,
    issues.read_at
from issues
left join
    happened
    on issues.source = happened.source
    and issues.page_id = happened.page_id
    and issues.ordinal = happened.ordinal
