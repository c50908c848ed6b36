{#
  What was known of a change request from when to when: each version from the time that its source
  gives it, or else from its reading, until the next. What an audit of fields tells of the state
  and the approval between two versions is a version too.
#}
with
    versions as (
        select
            change_request_id,
            type,
            state,
            approval,
            close_code,
            planned_start_at,
            planned_end_at,
            coalesce(source_updated_at, read_at) as known_from,
            read_at,
            is_deleted
        from {{ ref("change_requests") }}
    ),
    audited as (
        select
            events.work_item_id as change_request_id,
            case when events.field = 'state' then events.new_value end as state,
            case when events.field = 'approval' then events.new_value end as approval,
            events.changed_at as known_from,
            events.read_at
        from {{ ref("work_item_events") }} as events
        inner join
            {{ ref("change_requests") }} as requests
            on events.work_item_id = requests.change_request_id
            and requests.is_current
        where events.field in ('state', 'approval')
        union all
        {# what it was before the first audited change of a field #}
        select
            events.work_item_id as change_request_id,
            case
                when events.field = 'state'
                then arg_min(events.old_value, events.changed_at)
            end as state,
            case
                when events.field = 'approval'
                then arg_min(events.old_value, events.changed_at)
            end as approval,
            min(requests.created_at) as known_from,
            min(events.read_at) as read_at
        from {{ ref("work_item_events") }} as events
        inner join
            {{ ref("change_requests") }} as requests
            on events.work_item_id = requests.change_request_id
            and requests.is_current
        where events.field in ('state', 'approval') and requests.created_at is not null
        group by events.work_item_id, events.field
    ),
    moments as (
        select *
        from versions
        union all by name
        select *
        from audited
    ),
    filled as (
        select
            change_request_id,
            coalesce(type, last_value(type ignore nulls) over known) as type,
            last_value(state ignore nulls) over known as state,
            last_value(lower(approval) ignore nulls) over known as approval,
            last_value(close_code ignore nulls) over known as close_code,
            last_value(planned_start_at ignore nulls) over known as planned_start_at,
            last_value(planned_end_at ignore nulls) over known as planned_end_at,
            known_from,
            read_at,
            coalesce(is_deleted, false) as is_deleted
        from moments
        window
            known as (
                partition by change_request_id
                order by known_from, read_at
                rows between unbounded preceding and current row
            )
    )
select
    *,
    {{ request_phase("state") }} as phase,
    row_number() over (
        partition by change_request_id order by known_from, read_at
    ) as moment_number
from filled
