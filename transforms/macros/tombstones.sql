{#
  Deletions by absence. A whole run shows everything that a source has; a record that was read
  before it began, is not in it, and belongs to what it asked for, is deleted in the source as of
  the run's end. A run of which anything was refused or set aside proves nothing.
#}
{% macro whole_runs_sql() %}
create or replace table staged.staging.whole_runs as
with
    started as (
        select source, kind, stream, run_id, whole_run_id, read_at, window_from
        from staged.staging.journal
        where event = 'run_started' and is_whole
    ),
    parts as (
        select
            started.*, finished.status, finished.read_at as finished_at, finished.quarantined
        from started
        left join
            staged.staging.journal as finished
            on finished.event = 'run_finished'
            and started.source = finished.source
            and started.stream = finished.stream
            and started.run_id = finished.run_id
    ),
    set_aside as (
        select parts.whole_run_id, parts.source, sum(journal.quarantined) as quarantined_count
        from (select distinct source, run_id, whole_run_id from parts) as parts
        inner join
            staged.staging.journal as journal
            on journal.event = 'run_finished'
            and parts.source = journal.source
            and parts.run_id = journal.run_id
        group by parts.whole_run_id, parts.source
    )
select
    parts.source,
    parts.kind,
    parts.stream,
    parts.whole_run_id,
    list(parts.run_id) as run_ids,
    min(parts.read_at) as began_at,
    max(parts.finished_at) as finished_at,
    max(parts.window_from) as window_from,
    arg_max(coalesce(parts.status, 'open'), parts.read_at) = 'complete'
    and coalesce(any_value(set_aside.quarantined_count), 0) = 0 as is_proof
from parts
left join
    set_aside
    on parts.whole_run_id = set_aside.whole_run_id
    and parts.source = set_aside.source
group by parts.source, parts.kind, parts.stream, parts.whole_run_id;
{% endmacro %}


{# How many whole runs the stream has, and how many of them this model has not judged yet. #}
{% macro whole_runs_to_judge_sql(name, of_stream, is_fresh) %}
select
    count(*) as run_count,
    count(
        case
            when
                is_proof
                {% if not is_fresh %}
                    and (source, whole_run_id) not in (
                        select (source, whole_run_id)
                        from staged.staging.judged_runs
                        where model = '{{ name }}'
                    )
                {% endif %}
            then 1
        end
    ) as unjudged_count
from staged.staging.whole_runs
where {{ of_stream }}
{% endmacro %}


{% macro forget_deletions_sql(name) %}
delete from staged.staging.key_sightings where model = '{{ name }}';
delete from staged.staging.judged_runs where model = '{{ name }}';
delete from staged.staging.deletions where model = '{{ name }}';
{% endmacro %}


{# Which keys a batch of pages shows, and when. #}
{% macro batch_reads_sql(is_first) %}
{% if is_first %}create or replace table staged.staging.batch_reads as
{% else %}insert into staged.staging.batch_reads
{% endif %}select distinct batch_rows.source, batch_rows.key_hash, journal.read_at, journal.run_id
from temp.batch_rows as batch_rows
inner join
    staged.staging.journal as journal
    on journal.event = 'page'
    and batch_rows.page_id = journal.page_id
where batch_rows.quarantine_reason is null;
{% endmacro %}


{# Which keys were read now: by whole run for judging, and for what came back. #}
{% macro sightings_sql(name, kind, stream) %}
insert into staged.staging.key_sightings
select distinct '{{ name }}', runs.whole_run_id, reads.source, reads.key_hash
from staged.staging.batch_reads as reads
inner join
    staged.staging.whole_runs as runs
    on runs.kind = '{{ kind }}'
    and runs.stream = '{{ stream }}'
    and reads.source = runs.source
    and list_contains(runs.run_ids, reads.run_id);
update staged.staging.deletions as deletions
set returned_at = returned.read_at
from (
    select deletions.source, deletions.key_hash, min(reads.read_at) as read_at
    from staged.staging.deletions as deletions
    inner join
        staged.staging.batch_reads as reads
        on deletions.source = reads.source
        and deletions.key_hash = reads.key_hash
        and deletions.deleted_seen_at < reads.read_at
    where deletions.model = '{{ name }}' and deletions.returned_at is null
    group by deletions.source, deletions.key_hash
) as returned
where
    deletions.model = '{{ name }}'
    and deletions.returned_at is null
    and deletions.source = returned.source
    and deletions.key_hash = returned.key_hash;
{% endmacro %}


{#
  What is missing from the whole runs that are not judged yet. Where a bound keeps a run from
  reading everything, only records all of whose instants lie inside it are judged; and a record
  only where the run asked for the repository or project that it was read from.
#}
{% macro judge_sql(name, kind, stream, target_relation, key, has_batch) %}
{%- set instants = run_query(
    "select column_name from (describe " ~ target_relation ~ ") "
    ~ "where column_type like 'TIMESTAMP%' and column_name <> 'read_at'"
).columns[0].values() | list -%}
{% if not has_batch %}
create or replace table staged.staging.batch_reads as
select null::varchar as source, null::ubigint as key_hash, null::timestamp as read_at
where false;
{% endif %}
insert into staged.staging.deletions
with
    runs as (
        select whole.*
        from staged.staging.whole_runs as whole
        where
            whole.kind = '{{ kind }}'
            and whole.stream = '{{ stream }}'
            and whole.is_proof
            and (whole.source, whole.whole_run_id) not in (
                select (source, whole_run_id)
                from staged.staging.judged_runs
                where model = '{{ name }}'
            )
            and not exists (
                select 1
                from staged.staging.quarantined_records as refused
                inner join
                    staged.staging.journal as journal
                    on journal.event = 'page'
                    and refused.page_id = journal.page_id
                where
                    refused.model = '{{ name }}'
                    and refused.source = whole.source
                    and list_contains(whole.run_ids, journal.run_id)
            )
    ),
    scopes as (
        select distinct
            runs.source, runs.whole_run_id, coalesce(journal.context, '{}')::json as context
        from runs
        inner join
            staged.staging.journal as journal
            on journal.event = 'page'
            and runs.source = journal.source
            and list_contains(runs.run_ids, journal.run_id)
        qualify
            {# those of parents: the pages of children say of which record they are besides #}
            len(json_keys(context)) = min(len(json_keys(context))) over (
                partition by runs.source, runs.whole_run_id
            )
    ),
    known as (
        select
            versions.source,
            versions.key_hash,
            concat_ws('/', {{ key }}) as record_key,
            pages.read_at as first_read_at,
            {% if instants %}least({{ instants | join(', ') }}){% else %}null::timestamp{% endif %} as earliest_at,
            versions.page_id,
            versions.ordinal,
            coalesce(pages.context, '{}')::json as context
        from {{ target_relation }} as versions
        inner join
            staged.staging.journal as pages
            on pages.event = 'page'
            and versions.page_id = pages.page_id
        where versions.source in (select source from runs)
    ),
    keys as (
        select
            source,
            key_hash,
            min(first_read_at) as first_read_at,
            min(earliest_at) as earliest_at,
            arg_max(context, (first_read_at, page_id, ordinal)) as context
        from known
        group by source, key_hash
    ),
    missing as (
        select
            runs.source, runs.whole_run_id, runs.began_at, runs.finished_at, keys.key_hash, keys.context
        from runs
        inner join
            keys
            on runs.source = keys.source
            and keys.first_read_at < runs.began_at
            and (runs.window_from is null or keys.earliest_at >= runs.window_from)
        anti join
            (select * from staged.staging.key_sightings where model = '{{ name }}') as seen
            on runs.source = seen.source
            and runs.whole_run_id = seen.whole_run_id
            and keys.key_hash = seen.key_hash
    ),
    asked_for as (
        select missing.*
        from missing
        semi join
            scopes
            on missing.source = scopes.source
            and missing.whole_run_id = scopes.whole_run_id
            and json_contains(missing.context, scopes.context)
    ),
    told as (
        select
            asked_for.source,
            asked_for.key_hash,
            asked_for.finished_at,
            min(reads.read_at) as returned_at
        from asked_for
        left join
            staged.staging.batch_reads as reads
            on asked_for.source = reads.source
            and asked_for.key_hash = reads.key_hash
            and asked_for.finished_at < reads.read_at
        group by asked_for.source, asked_for.key_hash, asked_for.finished_at
    ),
    first_told as (
        select source, key_hash, min(finished_at) as deleted_seen_at, returned_at
        from told
        group by source, key_hash, returned_at
    )
select
    '{{ name }}',
    '{{ kind }}',
    '{{ stream }}',
    first_told.source,
    first_told.key_hash,
    arg_max(known.record_key, (known.first_read_at, known.page_id, known.ordinal)),
    first_told.deleted_seen_at,
    first_told.returned_at,
    arg_max(known.page_id, (known.first_read_at, known.page_id, known.ordinal)),
    arg_max(known.ordinal, (known.first_read_at, known.page_id, known.ordinal))
from first_told
inner join
    known
    on first_told.source = known.source
    and first_told.key_hash = known.key_hash
    and known.first_read_at < first_told.deleted_seen_at
where
    (first_told.source, first_told.key_hash) not in (
        select (source, key_hash)
        from staged.staging.deletions
        where model = '{{ name }}' and returned_at is null
    )
group by
    first_told.source,
    first_told.key_hash,
    first_told.deleted_seen_at,
    first_told.returned_at;
insert into staged.staging.judged_runs
select '{{ name }}', source, whole_run_id
from staged.staging.whole_runs
where
    kind = '{{ kind }}' and stream = '{{ stream }}' and is_proof
    and (source, whole_run_id) not in (
        select (source, whole_run_id)
        from staged.staging.judged_runs
        where model = '{{ name }}'
    );
{# a run that is not judged yet may still be taken up, if it is its source's last #}
delete from staged.staging.key_sightings
where
    model = '{{ name }}'
    and whole_run_id not in (
        select arg_max(whole_run_id, began_at)
        from staged.staging.whole_runs
        where kind = '{{ kind }}' and stream = '{{ stream }}'
        group by source
        having not arg_max(is_proof, began_at)
    );
{% endmacro %}


{# Records that are gone from their source as of the build. #}
{% macro deletions() -%}
(
    select *
    from {{ source("staging", "deletions") }}
    where
        deleted_seen_at <= {{ as_of() }}
        and (returned_at is null or returned_at > {{ as_of() }})
)
{%- endmacro %}
