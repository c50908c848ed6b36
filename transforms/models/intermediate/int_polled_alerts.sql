{#
  One row per alert of a source that only tells what is active: an alert that a later read does not
  have ended between the two. A read with a record that could not be used is no evidence that
  anything ended. `var("polled_alerts")` is the folder of such sources; each row names its stream.
#}
with
    seen as (
        {% for name in var("polled_alerts") %}
            select
                source,
                stream,
                fingerprint,
                name,
                severity,
                labels,
                source_url,
                started_at,
                stated_ended_at,
                seen_at,
                page_id,
                ordinal,
                read_at
            from {{ ref(name) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    complete_reads as (
        select journal.source, journal.stream, journal.read_at
        from {{ source("staging", "journal") }} as journal
        inner join
            {{ source("staging", "page_accounts") }} as accounts
            on journal.page_id = accounts.page_id
            and journal.source = accounts.source
            and journal.stream = accounts.stream
        where
            journal.event = 'page'
            and (journal.source, journal.stream) in (select source, stream from seen)
            and accounts.quarantined_count = 0
            and journal.read_at <= {{ as_of() }}
    ),
    alerts as (
        select
            source,
            stream,
            fingerprint,
            started_at,
            max(seen_at) as last_seen_at,
            arg_max(name, (read_at, page_id, ordinal)) as name,
            arg_max(severity, (read_at, page_id, ordinal)) as severity,
            arg_max(labels, (read_at, page_id, ordinal)) as labels,
            arg_max(source_url, (read_at, page_id, ordinal)) as source_url,
            {# null counts: a later read without an end takes it back #}
            arg_max_null(
                stated_ended_at, (read_at, page_id, ordinal)
            ) as stated_ended_at,
            arg_max(page_id, (read_at, page_id, ordinal)) as page_id,
            arg_max(ordinal, (read_at, page_id, ordinal)) as ordinal,
            max(read_at) as read_at
        from seen
        group by source, stream, fingerprint, started_at
    ),
    missed as (
        select
            alerts.source,
            alerts.fingerprint,
            alerts.started_at,
            min(complete_reads.read_at) as missed_at
        from alerts
        inner join
            complete_reads
            on alerts.source = complete_reads.source
            and alerts.stream = complete_reads.stream
            and alerts.last_seen_at < complete_reads.read_at
        group by alerts.source, alerts.fingerprint, alerts.started_at
    )
select
    alerts.*,
    {# it had ended before the same labels fired again #}
    least(
        missed.missed_at,
        lead(alerts.started_at) over (
            partition by alerts.source, alerts.fingerprint order by alerts.started_at
        )
    ) as ended_before
from alerts
left join
    missed
    on alerts.source = missed.source
    and alerts.fingerprint = missed.fingerprint
    and alerts.started_at = missed.started_at
