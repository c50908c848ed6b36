{#
  A monitor says since when it is in its state, so what alerted ended when it took on the state that
  a later read finds. Where it alerts anew by then, or is gone, the end lies somewhere before.
#}
with
    monitors as (
        select
            *,
            lead(state) over later as next_state,
            lead(state_since_at) over later as next_since_at
        from {{ ref("stg_datadog__monitors") }}
        where read_at <= {{ as_of() }}
        window
            later as (
                partition by source, monitor_id order by read_at, page_id, ordinal
            )
    ),
    alerts as (
        select
            source,
            monitor_id,
            state_since_at as started_at,
            max(seen_at) as last_seen_at,
            arg_max_null(next_state, (read_at, page_id, ordinal)) as next_state,
            arg_max_null(next_since_at, (read_at, page_id, ordinal)) as next_since_at,
            arg_max_null(name, (read_at, page_id, ordinal)) as name,
            arg_max_null(severity, (read_at, page_id, ordinal)) as severity,
            arg_max_null(tags, (read_at, page_id, ordinal)) as tags,
            arg_max(page_id, (read_at, page_id, ordinal)) as page_id,
            arg_max(ordinal, (read_at, page_id, ordinal)) as ordinal,
            max(read_at) as read_at
        from monitors
        where state = 'alert'
        group by source, monitor_id, state_since_at
    ),
    pages as (
        select run_id, source, min(read_at) as begun_at
        from {{ source("staging", "journal") }}
        where event = 'page' and kind = 'datadog' and stream = 'monitors'
        group by run_id, source
    ),
    whole_reads as (
        {# a read that went on from an earlier one, or lost a record, proves nothing gone #}
        select pages.source, pages.begun_at
        from pages
        inner join
            {{ source("staging", "journal") }} as finished
            on pages.run_id = finished.run_id
            and pages.source = finished.source
        where
            finished.event = 'run_finished'
            and finished.stream = 'monitors'
            and finished.status = 'complete'
            and finished.read_at <= {{ as_of() }}
            and pages.run_id not in (
                select run_id
                from {{ source("staging", "journal") }}
                where resumed_from is not null and run_id is not null
            )
            and pages.run_id not in (
                select journal.run_id
                from {{ source("staging", "journal") }} as journal
                inner join
                    {{ source("staging", "page_accounts") }} as accounts
                    on journal.page_id = accounts.page_id
                    and journal.source = accounts.source
                where
                    accounts.model = 'stg_datadog__monitors'
                    and accounts.quarantined_count > 0
            )
    ),
    gone as (
        select
            alerts.source,
            alerts.monitor_id,
            alerts.started_at,
            min(whole_reads.begun_at) as gone_at
        from alerts
        inner join
            whole_reads
            on alerts.source = whole_reads.source
            and alerts.last_seen_at < whole_reads.begun_at
        where alerts.next_state is null
        group by alerts.source, alerts.monitor_id, alerts.started_at
    )
select
    alerts.source,
    cast(alerts.monitor_id as varchar) as fingerprint,
    alerts.name,
    alerts.severity,
    cast(
        to_json(
            map_from_entries(
                [
                    {
                        'key':named,
                        'value':list_filter(
                            alerts.tags, lambda tag:starts_with(tag, named || ':')
                        )[1][len(named) + 2:]
                    }
                    for named
                    in list_distinct([split_part(tag, ':', 1) for tag in alerts.tags])
                ]
            )
        ) as varchar
    ) as labels,
    alerts.started_at,
    coalesce(alerts.next_since_at, gone.gone_at) as ended_at,
    coalesce(
        alerts.next_state = 'alert', gone.gone_at is not null
    ) as ended_at_is_bound,
    alerts.last_seen_at,
    alerts.page_id,
    alerts.ordinal,
    alerts.read_at
from alerts
left join
    gone
    on alerts.source = gone.source
    and alerts.monitor_id = gone.monitor_id
    and alerts.started_at = gone.started_at
