{# What is known of each vendor: outages, maintenances, and since when its page was read or told of. #}
with
    outages as (
        select
            vendor_id,
            min(started_at) as first_started_at,
            list(
                struct_pack(
                    starts_at := started_at,
                    ends_at := coalesce(resolved_at, {{ as_of() }})
                )
                order by started_at
            ) filter (
                where is_outage and coalesce(resolved_at, {{ as_of() }}) > started_at
            ) as outages
        from {{ ref("vendor_incidents") }}
        where vendor_id is not null and started_at <= {{ as_of() }}
        group by vendor_id
    ),
    maintenances as (
        select
            vendors.vendor_id,
            list(
                struct_pack(starts_at := windows.starts_at, ends_at := windows.ends_at)
                order by windows.starts_at
            ) as maintenances
        from {{ ref("window_occurrences") }} as windows
        inner join
            {{ ref("vendors") }} as vendors on {{ window_is_of("windows", "vendors") }}
        where windows.kind = 'vendor_maintenance' and windows.known_to is null
        group by vendors.vendor_id
    ),
    first_reads as (
        select source, min(started_at) as first_read_at
        from {{ ref("ingest_runs") }}
        where status = 'complete'
        group by source
    )
select
    vendors.vendor_id,
    vendors.excludes_maintenance,
    least(
        coalesce(outages.first_started_at, first_reads.first_read_at),
        coalesce(first_reads.first_read_at, outages.first_started_at)
    ) as known_since,
    outages.outages,
    maintenances.maintenances
from {{ ref("vendors") }} as vendors
left join outages on vendors.vendor_id = outages.vendor_id
left join maintenances on vendors.vendor_id = maintenances.vendor_id
left join first_reads on vendors.status_source = first_reads.source
where coalesce(outages.first_started_at, first_reads.first_read_at) is not null
