{#
  Planned change requests against the calendar as it is known now. A window that was moved or
  announced after the request was last edited is new to whoever planned it.
#}
with
    requests as (
        select
            change_request_id,
            number,
            title,
            service_id,
            planned_start_at,
            greatest(
                coalesce(planned_end_at, planned_start_at),
                planned_start_at + interval 1 microsecond
            ) as planned_end_at,
            coalesce(source_updated_at, created_at) as planned_at,
            source
        from {{ ref("change_requests") }}
        where
            is_current
            and not is_deleted
            and planned_start_at is not null
            and coalesce(planned_end_at, planned_start_at) > {{ as_of() }}
            and work_ended_at is null
            and coalesce(close_code, '') = ''
    ),
    windows as (
        select *
        from {{ ref("window_occurrences") }}
        where {{ window_is_known("window_occurrences", as_of()) }}
    ),
    denied as (
        select
            requests.*,
            'blackout' as conflict,
            windows.title as window_title,
            windows.window_occurrence_id,
            windows.calendar_window_id,
            cast(null as varchar) as vendor_id,
            windows.starts_at,
            windows.ends_at,
            windows.known_from
        from requests
        inner join
            windows
            on windows.effect = 'deny'
            and requests.planned_start_at < windows.ends_at
            and requests.planned_end_at > windows.starts_at
            and not (
                windows.allows_overrun and requests.planned_start_at < windows.starts_at
            )
            and {{ window_binds("windows", "requests.service_id", "'production'") }}
    ),
    of_vendors as (
        select
            requests.*,
            'vendor_window' as conflict,
            windows.title as window_title,
            windows.window_occurrence_id,
            windows.calendar_window_id,
            vendors.vendor_id,
            windows.starts_at,
            windows.ends_at,
            windows.known_from
        from requests
        inner join
            {{ ref("vendor_services") }} as vendor_services
            on requests.service_id = vendor_services.service_id
        inner join
            {{ ref("vendors") }} as vendors
            on vendor_services.vendor_id = vendors.vendor_id
        inner join
            windows
            on windows.effect = 'vendor'
            and {{ window_is_of("windows", "vendors") }}
            and requests.planned_start_at
            < windows.ends_at
            + to_seconds(cast({{ threshold("vendor_buffer_minutes") }} * 60 as bigint))
            and requests.planned_end_at
            > windows.starts_at
            - to_seconds(cast({{ threshold("vendor_buffer_minutes") }} * 60 as bigint))
    ),
    allowing as (
        select
            requests.change_request_id,
            max(
                case
                    when
                        windows.starts_at <= requests.planned_start_at
                        and windows.ends_at > requests.planned_start_at
                    then 1
                    else 0
                end
            ) as is_open
        from requests
        inner join
            windows
            on windows.effect = 'allow'
            and {{ window_binds("windows", "requests.service_id", "'production'") }}
        group by requests.change_request_id
    ),
    not_allowed as (
        select
            requests.*,
            'not_in_allowed_window' as conflict,
            cast(null as varchar) as window_title,
            cast(null as varchar) as window_occurrence_id,
            cast(null as varchar) as calendar_window_id,
            cast(null as varchar) as vendor_id,
            cast(null as timestamp) as starts_at,
            cast(null as timestamp) as ends_at,
            cast(null as timestamp) as known_from
        from requests
        inner join
            allowing
            on requests.change_request_id = allowing.change_request_id
            and allowing.is_open = 0
    ),
    met as (
        select *
        from denied
        union all
        select *
        from of_vendors
        union all
        select *
        from not_allowed
    ),
    {# a window that was known when the request was planned had another time then #}
    conflicts as (
        select
            met.*,
            coalesce(met.known_from > met.planned_at, false) as is_new_since_planned,
            before.starts_at as planned_for_starts_at,
            before.ends_at as planned_for_ends_at
        from met
        left join
            {{ ref("window_occurrences") }} as before
            on met.calendar_window_id = before.calendar_window_id
            and met.known_from > met.planned_at
            and {{ window_is_known("before", "met.planned_at") }}
        qualify
            row_number() over (
                partition by
                    met.change_request_id, met.conflict, met.window_occurrence_id
                order by
                    abs(epoch_us(before.starts_at) - epoch_us(met.starts_at)),
                    before.starts_at
            )
            = 1
    )
select
    change_request_id
    || '@'
    || conflict
    || '@'
    || coalesce(window_occurrence_id, '') as planned_conflict_id,
    change_request_id,
    number,
    title,
    service_id,
    conflict,
    calendar_window_id,
    window_title,
    vendor_id,
    planned_start_at,
    planned_end_at,
    starts_at as window_starts_at,
    ends_at as window_ends_at,
    planned_for_starts_at as window_was_starts_at,
    planned_for_ends_at as window_was_ends_at,
    is_new_since_planned,
    source
from conflicts
