{# One row per source and stream: how fresh it is and what was read, loaded, repeated and set aside. #}
with
    runs as (
        select
            source,
            stream,
            max(kind) as kind,
            max(case when status = 'complete' then finished_at end) as last_success_at,
            max(finished_at) as last_run_at,
            arg_max(status, finished_at) as last_status,
            arg_max(error_message, finished_at) as last_error,
            sum(call_count) as call_count
        from {{ ref("ingest_runs") }}
        group by source, stream
    ),
    accounts as (
        select
            source,
            stream,
            sum(fetched_count) as read_count,
            sum(loaded_count) as loaded_count,
            sum(duplicate_count) as duplicate_count,
            sum(quarantined_count) as quarantined_count
        from {{ ref("page_accounts") }}
        group by source, stream
    )
select
    runs.source,
    runs.kind,
    runs.stream,
    runs.last_status,
    runs.last_error,
    cast(coalesce(accounts.read_count, 0) as bigint) as read_count,
    cast(coalesce(accounts.loaded_count, 0) as bigint) as loaded_count,
    cast(coalesce(accounts.duplicate_count, 0) as bigint) as duplicate_count,
    cast(coalesce(accounts.quarantined_count, 0) as bigint) as quarantined_count,
    cast(coalesce(runs.call_count, 0) as bigint) as call_count,
    greatest({{ seconds_between("runs.last_success_at", as_of()) }}, 0) as lag_seconds,
    settings.expected_sync_hours * 3600 as expected_lag_seconds,
    coalesce(
        {{ seconds_between("runs.last_success_at", as_of()) }}
        > settings.expected_sync_hours * 3600,
        true
    ) as is_late,
    runs.last_success_at,
    runs.last_run_at
from runs
inner join {{ ref("int_source_settings") }} as settings on runs.source = settings.source
left join accounts on runs.source = accounts.source and runs.stream = accounts.stream
where runs.kind <> 'leadline'
