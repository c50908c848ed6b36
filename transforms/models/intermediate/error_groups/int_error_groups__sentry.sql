with
    issues as (select * from {{ newest("stg_sentry__issues", "source, issue_id") }}),
    details as (
        select * from {{ newest("stg_sentry__issue_details", "source, issue_id") }}
    )
select
    issues.source || ':' || issues.issue_id as error_group_id,
    issues.title,
    issues.level,
    issues.state,
    issues.project as service_name,
    details.first_version,
    issues.event_count,
    issues.user_count,
    issues.first_seen_at,
    issues.last_seen_at,
    case when issues.state = 'resolved' then details.resolved_at end as resolved_at,
    issues.source_url,
    issues.source,
    issues.page_id,
    issues.ordinal,
    issues.read_at
from issues
left join
    details on issues.source = details.source and issues.issue_id = details.issue_id
