{#
  Planned change requests of services that need a vendor whose contact is known, and whether that
  contact acknowledged the plan as it stands, so many of the vendor's working days ahead.
#}
with
    requests as (
        select change_request_id, number, title, service_id, planned_start_at, source
        from {{ ref("change_requests") }}
        where
            is_current
            and not is_deleted
            and planned_start_at > {{ as_of() }}
            and work_ended_at is null
            and coalesce(close_code, '') = ''
            and {{ request_phase("state") }} is distinct from 'cancelled'
    ),
    asked as (
        select
            requests.*,
            vendors.vendor_id,
            vendors.name as vendor_name,
            vendors.contact,
            vendors.timezone,
            cast(
                {{ wall_clock("requests.planned_start_at", "vendors.timezone") }}
                as date
            ) as planned_date
        from requests
        inner join
            {{ ref("vendor_services") }} as vendor_services
            on requests.service_id = vendor_services.service_id
        inner join
            {{ ref("vendors") }} as vendors
            on vendor_services.vendor_id = vendors.vendor_id
            and vendors.contact is not null
    ),
    needed as (
        select
            cast(
                {{ threshold("vendor_acknowledgement_days_min") }} as bigint
            ) as day_count
    ),
    days_before as (
        select distinct
            asked.vendor_id,
            asked.planned_date,
            cast(
                asked.planned_date
                - cast(unnest(range(1, 3 * needed.day_count + 60)) as integer) as date
            ) as day
        from asked
        cross join needed
    ),
    working_days as (
        select
            days_before.vendor_id,
            days_before.planned_date,
            days_before.day,
            row_number() over (
                partition by days_before.vendor_id, days_before.planned_date
                order by days_before.day desc
            ) as place
        from days_before
        inner join
            {{ ref("vendors") }} as vendors on days_before.vendor_id = vendors.vendor_id
        left join
            {{ ref("int_holidays") }} as holidays
            on days_before.day = holidays.holiday_date
            and vendors.holiday_country = holidays.holiday_country
            and vendors.holiday_subdivision
            is not distinct from holidays.holiday_subdivision
        where isodow(days_before.day) < 6 and holidays.holiday_date is null
    ),
    due as (
        select asked.*, coalesce(working_days.day, asked.planned_date) as due_date
        from asked
        cross join needed
        left join
            working_days
            on asked.vendor_id = working_days.vendor_id
            and asked.planned_date = working_days.planned_date
            and working_days.place = needed.day_count
    ),
    told as (
        select
            decision_id,
            decided_at,
            {{ person_of("decisions.who") }} as person_id,
            try_cast(reason as json) ->> '$.vendor_id' as vendor_id,
            try_cast(reason as json) ->> '$.change_request_id' as change_request_id,
            {{ instant("try_cast(reason as json) ->> '$.planned_start_at'") }}
            as planned_start_at
        from {{ source("staging", "decisions") }} as decisions
        where
            kind = 'vendor_acknowledgement'
            and verdict = 'acknowledged'
            and decided_at <= {{ as_of() }}
    ),
    heard as (
        select
            due.change_request_id,
            due.vendor_id,
            min(told.decided_at) filter (
                where told.planned_start_at = due.planned_start_at
            ) as acknowledged_at,
            arg_min(told.person_id, told.decided_at) filter (
                where told.planned_start_at = due.planned_start_at
            ) as acknowledged_by_id,
            max(told.planned_start_at) filter (
                where told.planned_start_at <> due.planned_start_at
            ) as other_start_at
        from due
        inner join
            told
            on due.change_request_id = told.change_request_id
            and due.vendor_id = told.vendor_id
        group by due.change_request_id, due.vendor_id
    )
select
    due.change_request_id || '@' || due.vendor_id as vendor_acknowledgement_id,
    due.change_request_id,
    due.number,
    due.title,
    due.service_id,
    due.vendor_id,
    due.vendor_name,
    due.contact,
    case
        when
            cast({{ wall_clock("heard.acknowledged_at", "due.timezone") }} as date)
            <= due.due_date
        then 'acknowledged'
        when heard.acknowledged_at is not null
        then 'acknowledged_late'
        when heard.other_start_at is not null
        then 'plan_moved'
        when cast({{ wall_clock(as_of(), "due.timezone") }} as date) > due.due_date
        then 'overdue'
        else 'open'
    end as status,
    due.planned_start_at,
    due.due_date,
    heard.acknowledged_at,
    heard.acknowledged_by_id,
    heard.other_start_at as acknowledged_other_start_at,
    due.source
from due
left join
    heard
    on due.change_request_id = heard.change_request_id
    and due.vendor_id = heard.vendor_id
