{#
  A vendor's months against its contract: the share of the month that it was up, and how many of its
  works it announced in time. A month is judged when it is over.
#}
with
    announced as (
        select
            vendors.vendor_id,
            date_trunc('month', windows.starts_at) as month_start_at,
            count(*) as change_count,
            count(windows.created_at) as announced_count,
            count(*) filter (
                where
                    windows.created_at
                    <= windows.starts_at
                    - to_seconds(cast(vendors.notice_days * 86400 as bigint))
            ) as timely_count
        from
            (
                select
                    calendar_window_id,
                    version_number,
                    source,
                    vendor_name,
                    kind,
                    created_at,
                    known_to,
                    min(starts_at) as starts_at
                from {{ ref("window_occurrences") }}
                where effect = 'vendor' and known_to is null
                group by all
            ) as windows
        inner join
            {{ ref("vendors") }} as vendors on {{ window_is_of("windows", "vendors") }}
        where windows.starts_at <= {{ as_of() }}
        group by vendors.vendor_id, date_trunc('month', windows.starts_at)
    ),
    months as (
        select
            months.*,
            {{ seconds_between("months.month_start_at", "months.period_end_at") }}
            as period_seconds
        from {{ ref("int_vendor_months") }} as months
    ),
    measured as (
        select
            months.*,
            1
            - months.downtime_seconds
            / nullif(months.period_seconds, 0) as attained_ratio
        from months
    )
select
    measured.vendor_id,
    vendors.name as vendor_name,
    cast(measured.month_start_at as date) as month_start_date,
    measured.period_end_at,
    measured.is_complete,
    measured.outage_count,
    measured.downtime_seconds,
    measured.period_seconds,
    measured.attained_ratio,
    vendors.sla_ratio,
    case
        when vendors.sla_ratio is null
        then 'not_applicable'
        when measured.attained_ratio < vendors.sla_ratio and measured.is_complete
        then 'fail'
        when not measured.is_complete
        then 'inconclusive'
        else 'pass'
    end as verdict,
    coalesce(announced.change_count, 0) as change_count,
    coalesce(announced.announced_count, 0) as announced_count,
    case
        when vendors.notice_days is not null then coalesce(announced.timely_count, 0)
    end as timely_count,
    case
        when vendors.notice_days is not null
        then announced.timely_count / nullif(announced.announced_count, 0)::double
    end as notice_ratio
from measured
inner join {{ ref("vendors") }} as vendors on measured.vendor_id = vendors.vendor_id
left join
    announced
    on measured.vendor_id = announced.vendor_id
    and measured.month_start_at = announced.month_start_at
