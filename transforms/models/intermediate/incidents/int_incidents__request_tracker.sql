{#
  Deleted tickets vanish from every list and moved ones from their queue's: the transactions tell of
  both, and their telling is a version of its own.
#}
with
    tickets as (
        select *
        from {{ ref("stg_request_tracker__incidents") }}
        where read_at <= {{ as_of() }}
    ),
    transactions as (
        select *
        from {{ newest("stg_request_tracker__transactions", "source, transaction_id") }}
    ),
    departures as (
        select
            tickets.* replace (
                'left' as status,
                transactions.changed_at as source_updated_at,
                transactions.page_id as page_id,
                transactions.ordinal as ordinal,
                transactions.read_at as read_at
            )
        from
            {{ newest("stg_request_tracker__incidents", "source, ticket_id") }}
            as tickets
        inner join
            (
                select *
                from transactions
                qualify
                    row_number() over (
                        partition by source, ticket_id
                        order by cast(transaction_id as bigint) desc
                    )
                    = 1
            ) as transactions
            on tickets.source = transactions.source
            and tickets.ticket_id = transactions.ticket_id
            and tickets.source_updated_at <= transactions.changed_at
            and tickets.read_at < transactions.read_at
        where
            (
                transactions.changed_field = 'status'
                and transactions.new_value = 'deleted'
            )
            or (
                transactions.changed_field = 'queue'
                and transactions.old_value = tickets.queue_id
            )
    ),
    versions as (
        select *
        from tickets
        union all
        select *
        from departures
    ),
    judged as (
        select
            *,
            coalesce(
                case status when 'left' then 'invalid' end,
                stated_status,
                case
                    when status = 'new'
                    then 'open'
                    when status = 'resolved'
                    then 'resolved'
                    when status in ('rejected', 'deleted')
                    then 'invalid'
                    else 'acknowledged'
                end
            ) as category,
            coalesce(
                lead(read_at) over (
                    partition by source, ticket_id order by read_at, page_id, ordinal
                ),
                timestamp '9999-12-31'
            ) as replaced_at
        from versions
    ),
    changes as (
        {# what was known while a version was the newest #}
        select
            judged.source,
            judged.page_id,
            judged.ordinal,
            max(
                case
                    when transactions.new_value = 'resolved'
                    then transactions.changed_at
                end
            ) as resolved_at,
            max(
                case
                    when transactions.old_value in ('resolved', 'rejected')
                    then transactions.changed_at
                end
            ) as reopened_at,
            count(
                case when transactions.old_value in ('resolved', 'rejected') then 1 end
            ) as reopen_count
        from judged
        inner join
            transactions
            on judged.source = transactions.source
            and judged.ticket_id = transactions.ticket_id
            and transactions.read_at < judged.replaced_at
        where transactions.changed_field = 'status'
        group by judged.source, judged.page_id, judged.ordinal
    )
select
    judged.source || ':' || judged.ticket_id as incident_id,
    judged.ticket_id as number,
    judged.service_name,
    judged.title,
    judged.category as status,
    judged.source_url,
    judged.severity,
    coalesce(changes.reopen_count, 0) as reopen_count,
    judged.created_at as detected_at,
    judged.created_at,
    judged.started_at as acknowledged_at,
    {# a reopened ticket may keep its former resolution #}
    case
        when judged.category in ('resolved', 'closed')
        then coalesce(judged.resolved_at, changes.resolved_at)
    end as resolved_at,
    coalesce(changes.resolved_at, judged.resolved_at) as last_resolved_at,
    changes.reopened_at,
    judged.source_updated_at,
    judged.source,
    judged.page_id,
    judged.ordinal,
    judged.read_at
from judged
left join
    changes
    on judged.source = changes.source
    and judged.page_id = changes.page_id
    and judged.ordinal = changes.ordinal
