{# The issue says its state; when it was taken, resolved and reopened is in its journals. #}
with
    issues as (
        select
            *,
            coalesce(
                lead(read_at) over (
                    partition by source, issue_id order by read_at, page_id, ordinal
                ),
                timestamp '9999-12-31'
            ) as replaced_at
        from {{ ref("stg_redmine__incidents") }}
        where read_at <= {{ as_of() }}
    ),
    statuses as (
        select * from {{ newest("stg_redmine__issue_statuses", "source, status_id") }}
    ),
    changes as (
        select
            journals.source,
            journals.issue_id,
            journals.changed_at,
            journals.read_at,
            coalesce(before.status, 'acknowledged') as old_status,
            coalesce(after.status, 'acknowledged') as new_status
        from {{ newest("stg_redmine__journals", "source, journal_id") }} as journals
        left join
            statuses as before
            on journals.source = before.source
            and journals.old_status_id = before.status_id
        left join
            statuses as after
            on journals.source = after.source
            and journals.new_status_id = after.status_id
        where journals.new_status_id is not null
    ),
    told as (
        {# what was known while a version was the newest #}
        select
            issues.source,
            issues.page_id,
            issues.ordinal,
            min(
                case when changes.old_status = 'open' then changes.changed_at end
            ) as acknowledged_at,
            max(
                case
                    when
                        changes.new_status in ('resolved', 'closed')
                        and changes.old_status not in ('resolved', 'closed')
                    then changes.changed_at
                end
            ) as resolved_at,
            max(
                case
                    when
                        changes.old_status in ('resolved', 'closed', 'invalid')
                        and changes.new_status in ('open', 'acknowledged')
                    then changes.changed_at
                end
            ) as reopened_at,
            count(
                case
                    when
                        changes.old_status in ('resolved', 'closed', 'invalid')
                        and changes.new_status in ('open', 'acknowledged')
                    then 1
                end
            ) as reopen_count
        from issues
        inner join
            changes
            on issues.source = changes.source
            and issues.issue_id = changes.issue_id
            and changes.read_at < issues.replaced_at
            and changes.changed_at <= issues.source_updated_at + interval 1 second
        group by issues.source, issues.page_id, issues.ordinal
    )
select
    issues.source || ':' || issues.issue_id as incident_id,
    issues.issue_id as number,
    issues.service_name,
    issues.title,
    issues.status,
    issues.source_url,
    issues.severity,
    coalesce(told.reopen_count, 0) as reopen_count,
    issues.created_at as detected_at,
    issues.created_at,
    told.acknowledged_at,
    case
        when issues.status in ('resolved', 'closed')
        then coalesce(told.resolved_at, issues.closed_at)
    end as resolved_at,
    coalesce(told.resolved_at, issues.closed_at) as last_resolved_at,
    told.reopened_at,
    case when issues.status = 'closed' then issues.closed_at end as closed_at,
    issues.source_updated_at,
    issues.source,
    issues.page_id,
    issues.ordinal,
    issues.read_at
from issues
left join
    told
    on issues.source = told.source
    and issues.page_id = told.page_id
    and issues.ordinal = told.ordinal
