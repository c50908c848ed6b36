{#
  Where a source's records began to look different: judged run by run on a sample, so a field that
  is rare may seem new. What is optional never stops a build; what is needed and missing is set
  aside record by record and shows there too.
#}
{{ after_staging() }}
with
    runs as (
        select source, stream, run_id, min(read_at) as read_at
        from {{ source("staging", "journal") }}
        where event = 'page' and read_at <= {{ as_of() }}
        group by source, stream, run_id
    ),
    sightings as (
        select sightings.*, runs.read_at
        from {{ source("staging", "field_sightings") }} as sightings
        inner join
            runs
            on sightings.source = runs.source
            and sightings.stream = runs.stream
            and sightings.run_id = runs.run_id
    ),
    streams as (
        select
            source,
            kind,
            stream,
            min(read_at) as first_read_at,
            max(read_at) as last_read_at,
            arg_max(sampled_count, read_at) as last_sampled_count
        from sightings
        group by source, kind, stream
    ),
    present as (
        select
            source,
            stream,
            field,
            bool_or(is_read) as is_read,
            min(read_at) as first_seen_at,
            max(read_at) as last_seen_at,
            sum(record_count) as record_count
        from sightings
        group by source, stream, field
    ),
    before_it_went as (
        {# in how many of the records it was, while it was there #}
        select
            sightings.source,
            sightings.stream,
            sightings.field,
            sum(sightings.record_count) as record_count,
            sum(runs_sampled.sampled_count) as sampled_count
        from
            (
                select source, stream, run_id, field, sum(record_count) as record_count
                from sightings
                group by source, stream, run_id, field
            ) as sightings
        inner join
            (
                select source, stream, run_id, max(sampled_count) as sampled_count
                from sightings
                group by source, stream, run_id
            ) as runs_sampled
            on sightings.source = runs_sampled.source
            and sightings.stream = runs_sampled.stream
            and sightings.run_id = runs_sampled.run_id
        group by sightings.source, sightings.stream, sightings.field
    ),
    types as (
        select
            source,
            stream,
            field,
            json_type,
            min(read_at) as first_seen_at,
            sum(record_count) as record_count
        from sightings
        where json_type <> 'null'
        group by source, stream, field, json_type
    ),
    changes as (
        select
            streams.source,
            streams.kind,
            streams.stream,
            present.field,
            'new' as change,
            present.is_read,
            null as detail,
            present.record_count,
            present.first_seen_at as seen_at
        from present
        inner join
            streams
            on present.source = streams.source
            and present.stream = streams.stream
        where present.first_seen_at > streams.first_read_at
        union all
        select
            streams.source,
            streams.kind,
            streams.stream,
            present.field,
            'missing' as change,
            present.is_read,
            'last seen ' || strftime(present.last_seen_at, '%Y-%m-%d') as detail,
            streams.last_sampled_count as record_count,
            streams.last_read_at as seen_at
        from present
        inner join
            streams
            on present.source = streams.source
            and present.stream = streams.stream
        inner join
            before_it_went
            on present.source = before_it_went.source
            and present.stream = before_it_went.stream
            and present.field = before_it_went.field
        where
            present.last_seen_at < streams.last_read_at
            and streams.last_sampled_count >= 5
            and before_it_went.record_count >= 0.99 * before_it_went.sampled_count
        union all
        select
            streams.source,
            streams.kind,
            streams.stream,
            types.field,
            'changed' as change,
            present.is_read,
            'now also ' || types.json_type as detail,
            types.record_count,
            types.first_seen_at as seen_at
        from types
        inner join
            present
            on types.source = present.source
            and types.stream = present.stream
            and types.field = present.field
        inner join
            streams on types.source = streams.source and types.stream = streams.stream
        where
            types.first_seen_at > present.first_seen_at
            and exists (
                select 1
                from types as earlier
                where
                    earlier.source = types.source
                    and earlier.stream = types.stream
                    and earlier.field = types.field
                    and earlier.first_seen_at < types.first_seen_at
            )
        union all
        select
            unknown.source,
            unknown.kind,
            unknown.stream,
            unknown.column_name as field,
            'unknown_value' as change,
            true as is_read,
            unknown.value as detail,
            sum(unknown.record_count) as record_count,
            min(runs.read_at) as seen_at
        from {{ source("staging", "unknown_values") }} as unknown
        inner join
            runs
            on unknown.source = runs.source
            and unknown.stream = runs.stream
            and unknown.run_id = runs.run_id
        group by
            unknown.source,
            unknown.kind,
            unknown.stream,
            unknown.column_name,
            unknown.value
    )
select * replace (cast(record_count as bigint) as record_count)
from changes
