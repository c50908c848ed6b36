{# A source whose records carry their own versions was read later than what it tells of. #}
with
    imports as (
        select distinct run_id, source, stream
        from {{ source("staging", "journal") }}
        where event = 'page' and versions_from_source
    ),
    finished as (
        select journal.*
        from {{ source("staging", "journal") }} as journal
        left join
            imports
            on journal.run_id = imports.run_id
            and journal.source = imports.source
            and journal.stream = imports.stream
        where
            journal.event = 'run_finished'
            and (journal.read_at <= {{ as_of() }} or imports.run_id is not null)
    ),
    started as (
        select run_id, source, stream, window_from, window_to, resumed_from, read_at
        from {{ source("staging", "journal") }}
        where event = 'run_started'
    ),
    pages as (
        select
            run_id,
            source,
            stream,
            count(*) as page_count,
            sum(row_count) as row_count,
            sum(bytes) as byte_count,
            sum(stored_bytes) as stored_byte_count,
            sha256(string_agg(sha256, '' order by page_id)) as pages_sha256
        from {{ source("staging", "journal") }}
        where event = 'page'
        group by run_id, source, stream
    )
select
    finished.source
    || ':'
    || finished.stream
    || ':'
    || finished.run_id as ingest_run_id,
    finished.run_id,
    finished.source,
    finished.kind,
    finished.stream,
    finished.status,
    finished.error ->> '$.class' as error_class,
    {{ masked("(finished.error ->> '$.message')") }} as error_message,
    started.resumed_from,
    pages.pages_sha256,
    coalesce(pages.page_count, 0) as page_count,
    cast(coalesce(pages.row_count, 0) as bigint) as row_count,
    finished.reported_total,
    finished.calls as call_count,
    cast(coalesce(pages.byte_count, 0) as bigint) as byte_count,
    cast(coalesce(pages.stored_byte_count, 0) as bigint) as stored_byte_count,
    started.window_from as window_from_at,
    started.window_to as window_to_at,
    started.read_at as started_at,
    finished.read_at as finished_at
from finished
left join
    started
    on finished.run_id = started.run_id
    and finished.source = started.source
    and finished.stream = started.stream
left join
    pages
    on finished.run_id = pages.run_id
    and finished.source = pages.source
    and finished.stream = pages.stream
