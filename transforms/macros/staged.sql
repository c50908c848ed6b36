{#
  Materialization of the staging layer: reads only pages that this model has not staged yet, keeps
  every version of a record (a page read again adds none), sets unusable records aside with their
  reason, and accounts for every record of every page: fetched = loaded + duplicate + quarantined.
  A model whose own SQL changed is staged anew from the lake. Pages are staged in batches of 256 MB
  as received, in the order in which they were read, so that memory does not grow with the lake; a
  batch is stored whole or not at all.
#}
{% materialization staged, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set existing = load_cached_relation(this) -%}
    {%- set kind = config.require('kind') -%}
    {%- set stream = config.require('stream') -%}
    {%- set key = config.require('key') | join(', ') -%}
    {%- set checksum = local_md5(compiled_code ~ key) -%}
    {%- set of_stream = "kind = '" ~ kind ~ "' and stream = '" ~ stream ~ "'" -%}

    {%- set asked = run_query(
        "select (select count(*) from staged.staging.journal where event = 'page' and "
        ~ of_stream ~ ") + (select count(*) from staged.staging.whole_runs where " ~ of_stream
        ~ "), (select count(*) from staged.staging.staged_models where model = '" ~ model.name
        ~ "' and checksum = '" ~ checksum ~ "')"
    )[0] -%}
    {%- set is_read = asked[0] > 0 -%}
    {%- set is_fresh = existing is none or asked[1] == 0 or should_full_refresh() -%}
    {%- set pages, has_whole_runs, is_judging = [], false, false -%}
    {% if is_read %}
        {%- set pages = run_query(pending_sql(model.name, of_stream, is_fresh)) -%}
        {%- set whole_runs = run_query(whole_runs_to_judge_sql(model.name, of_stream, is_fresh))[0] -%}
        {%- set has_whole_runs = whole_runs[0] > 0 -%}
        {%- set is_judging = whole_runs[1] > 0 -%}
    {% endif %}

    {% if existing is none and not is_read %}
        {# most kinds of source are not read anywhere: an empty table of the right columns will do #}
        {% call statement('main') -%}
            create or replace view staged.staging.batch as {{ batch_sql([]) }};
            create or replace table {{ target_relation }} as
            with parsed as ({{ compiled_code }})
            select
                * exclude (source, page_id, page_row, read_at, quarantine_reason),
                cast(null as ubigint) as key_hash, cast(null as ubigint) as version_hash,
                source, page_id, page_row as ordinal, read_at
            from parsed
            where false;
            delete from staged.staging.staged_models where model = '{{ model.name }}';
            insert into staged.staging.staged_models values ('{{ model.name }}', '{{ checksum }}');
        {%- endcall %}
    {% elif is_fresh or pages | length > 0 %}
        {%- set batches = pages | groupby(attribute=6) | map('last') | list -%}
        {% call statement('main') -%}
            create or replace view staged.staging.batch as {{ batch_sql([]) }};
            create or replace temp table batch_rows as
            with parsed as ({{ compiled_code }})
            select * from parsed where false;
        {%- endcall %}
        {%- set columns = staged_columns(model, key) -%}
        {%- set masks = staged_masks() -%}
        {% if is_fresh %}
            {% call statement('forget') -%}
                delete from staged.staging.page_accounts where model = '{{ model.name }}';
                delete from staged.staging.quarantined_records where model = '{{ model.name }}';
                delete from staged.staging.staged_models where model = '{{ model.name }}';
                delete from staged.staging.field_sightings where model = '{{ model.name }}';
                delete from staged.staging.unknown_values where model = '{{ model.name }}';
                {{ forget_deletions_sql(model.name) }}
                insert into staged.staging.staged_models values ('{{ model.name }}', '{{ checksum }}');
                create or replace table {{ target_relation }} as
                select
                    {{ columns | join(', ') }},
                    null::ubigint as key_hash, null::ubigint as version_hash,
                    source, page_id, page_row as ordinal, read_at
                from temp.batch_rows;
            {%- endcall %}
            {#
              DuckDB 2.0.0: what many threads insert into a table that the same transaction made
              empty with `as select` is not found by filters and joins until the file is opened
              again. A build that ends here has an empty table and no accounts: all is pending.
            #}
            {{ adapter.commit() }}
        {% endif %}
        {% for batch in batches %}
            {% if not loop.first %}{{ adapter.commit() }}{% endif %}
            {% call statement('stage') -%}
                create or replace view staged.staging.batch as {{ batch_sql(batch) }};
                create or replace temp table batch_rows as
                with
                    read as ({{ compiled_code }}),
                    parsed as (select *{% if masks %} replace ({{ masks | join(', ') }}){% endif %} from read)
                select
                    *,
                    hash((source, {{ key }})) as key_hash,
                    hash(({{ columns | join(', ') }})) as version_hash
                from parsed;
            {%- endcall %}
            {%- set refused = run_query(
                "select count(*) from temp.batch_rows where quarantine_reason is not null"
            )[0][0] -%}
            {% call statement('keep') -%}
                insert into {{ target_relation }}
                {{ new_versions_sql(target_relation, key, columns) }};
                {# their text is read once more, which takes as long as staging #}
                {% if refused > 0 %}
                    insert into staged.staging.quarantined_records
                    {{ refused_sql(kind, stream) }};
                {% endif %}
                insert into staged.staging.page_accounts
                {{ accounts_sql(target_relation, kind, stream, batch) }};
                {% if config.get('known_values') %}
                    insert into staged.staging.unknown_values
                    {{ unknown_values_sql(config.get('known_values'), kind, stream) }};
                {% endif %}
                {% if has_whole_runs %}
                    {{ batch_reads_sql(is_first=loop.first) }}
                {% endif %}
            {%- endcall %}
        {% endfor %}
        {% call statement('sight') -%}
            {% if batches %}
                insert into staged.staging.field_sightings
                {{ field_sightings_sql(pages, kind, stream, compiled_code) }};
                {% if has_whole_runs %}
                    {{ sightings_sql(model.name, kind, stream) }}
                {% endif %}
            {% endif %}
            drop table temp.batch_rows;
        {%- endcall %}
    {% else %}
        {% call statement('main') -%} select 0 {%- endcall %}
    {% endif %}
    {% if is_judging %}
        {% call statement('judge') -%}
            {{ judge_sql(model.name, kind, stream, target_relation, key, pages | length > 0) }}
        {%- endcall %}
    {% endif %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# LEADLINE_STAGING_BATCH_BYTES sets how much of the lake is staged at once, as it was received. #}
{% macro batch_bytes() -%} {{ env_var('LEADLINE_STAGING_BATCH_BYTES', '268435456') | int }} {%- endmacro %}


{#
  The pages of the stream that this model has not staged yet, or all of them, each with the number
  of its batch. Where records tell their own order, one read later may be older: all are one batch.
#}
{% macro pending_sql(name, of_stream, is_fresh) %}
select
    page_id, format, records_file, records_path, row_count, run_id,
    case
        when bool_or(versions_from_source) over () then 0
        else floor((sum(bytes) over (order by read_at, page_id) - bytes) / {{ batch_bytes() }})
    end as batch
from staged.staging.journal
where event = 'page' and {{ of_stream }}
{% if not is_fresh %}
    and page_id not in (
        select page_id from staged.staging.page_accounts where model = '{{ name }}'
    )
{% endif %}
order by read_at, page_id
{% endmacro %}


{# The columns a model states itself; those of lineage and quarantine are the materialization's. #}
{% macro staged_columns(model, key) %}
    {%- set described = run_query(
        "select column_name from (describe temp.batch_rows) where column_name not in "
        ~ "('source', 'page_id', 'page_row', 'read_at', 'quarantine_reason')"
    ) -%}
    {{ return(described.columns[0].values() | list) }}
{% endmacro %}


{# No address stays in a text: every column of texts of every staging model passes here. #}
{% macro staged_masks() %}
    {%- set described = run_query(
        "select column_name, column_type from (describe temp.batch_rows) "
        ~ "where column_type in ('VARCHAR', 'VARCHAR[]') and column_name not in "
        ~ "('source', 'page_id', 'quarantine_reason') and not ends_with(column_name, '_sha')"
    ) -%}
    {%- set masks = [] -%}
    {%- for column in described -%}
        {%- set mask = masked if column[1] == 'VARCHAR' else masked_list -%}
        {%- do masks.append(mask(column[0]) ~ ' as ' ~ column[0]) -%}
    {%- endfor -%}
    {{ return(masks) }}
{% endmacro %}


{% macro batch_sql(pages) %}
    {%- set files = {'array': [], 'ndjson': [], 'object': []} -%}
    {%- set paths = [] -%}
    {%- for page in pages -%}
        {%- do files[page[1]].append("'" ~ lake_path() ~ page[2] ~ "'") -%}
        {%- if page[1] == 'object' and page[3] not in paths -%}{%- do paths.append(page[3]) -%}{%- endif -%}
    {%- endfor -%}
    {%- set options = "compression = 'zstd', filename = true, maximum_object_size = 134217728" -%}
    with
        records as (
            select null::varchar as filename, null::bigint as page_row, null::json as record
            where false
            {% if files['array'] %}
                union all
                select filename, row_number() over () as page_row, json as record
                from read_json_objects([{{ files['array'] | join(', ') }}], format = 'array', {{ options }})
            {% endif %}
            {% if files['ndjson'] %}
                union all
                select filename, row_number() over () as page_row, json as record
                from read_json_objects([{{ files['ndjson'] | join(', ') }}], format = 'newline_delimited', {{ options }})
            {% endif %}
            {% if files['object'] %}
                union all
                select filename, row_number() over () as page_row, record
                from (
                    select filename, unnest(json_extract(json, '{{ paths[0] }}[*]')) as record
                    from read_json_objects([{{ files['object'] | join(', ') }}], format = 'unstructured', {{ options }})
                )
            {% endif %}
        ),
        {# numbering keeps to one thread; what is done with the records after it need not #}
        numbered as materialized (
            select
                journal.page_id, journal.source, journal.context, journal.versions_from_source,
                journal.read_at as page_read_at, records.page_row, records.record
            from records
            inner join staged.staging.journal as journal
                on records.filename = '{{ lake_path() }}' || journal.records_file
            where journal.event = 'page'
        )
    select *
    from numbered
{% endmacro %}


{#
  The records of the batch that say something new. Most are read for the first time and once; only
  those whose key is known already or comes twice are compared with the version before.
#}
{% macro new_versions_sql(target_relation, key, columns) %}
    {%- set keys = ['source'] + key.split(', ') %}
    with
        first_rows as (
            select page_id, min(page_row) as first_row
            from temp.batch_rows
            group by page_id
        ),
        usable as (
            select *
            from temp.batch_rows
            where quarantine_reason is null
        ),
        familiar as (
            select key_hash
            from usable
            group by key_hash
            having count(*) > 1
            union
            select key_hash
            from {{ target_relation }}
            where key_hash in (select key_hash from usable)
        ),
        latest as (
            select {{ keys | join(', ') }}, version_hash
            from (
                select
                    {{ keys | join(', ') }},
                    version_hash,
                    row_number() over (
                        partition by {{ keys | join(', ') }}
                        order by read_at desc, page_id desc, ordinal desc
                    ) as newest_first
                from {{ target_relation }}
                where key_hash in (select key_hash from familiar)
            )
            where newest_first = 1
        ),
        compared as (
            select
                usable.*,
                coalesce(
                    lag(usable.version_hash) over (
                        partition by {% for column in keys %}usable.{{ column }}{% if not loop.last %}, {% endif %}{% endfor %}
                        order by usable.read_at, usable.page_id, usable.page_row
                    ),
                    latest.version_hash
                ) as previous_hash
            from usable
            left join latest
                on {% for column in keys %}usable.{{ column }} = latest.{{ column }}{% if not loop.last %} and {% endif %}{% endfor %}
            where usable.key_hash in (select key_hash from familiar)
        ),
        new_versions as (
            select *
            from usable
            where key_hash not in (select key_hash from familiar)
            union all
            select * exclude (previous_hash)
            from compared
            where version_hash is distinct from previous_hash
        )
    select
        {% for column in columns %}new_versions.{{ column }}, {% endfor %}
        new_versions.key_hash, new_versions.version_hash, new_versions.source,
        new_versions.page_id, new_versions.page_row - first_rows.first_row as ordinal,
        new_versions.read_at
    from new_versions
    inner join first_rows on new_versions.page_id = first_rows.page_id
{% endmacro %}


{# The records of the batch that cannot be used, as they were read. #}
{% macro refused_sql(kind, stream) %}
    with
        first_rows as (
            select page_id, min(page_row) as first_row
            from temp.batch_rows
            group by page_id
        ),
        refused as (
            select page_id, page_row, source, read_at, quarantine_reason
            from temp.batch_rows
            where quarantine_reason is not null
        )
    select
        '{{ model.name }}', refused.source, '{{ kind }}', '{{ stream }}', refused.page_id,
        refused.page_row - first_rows.first_row, refused.quarantine_reason,
        batch.record::varchar, coalesce(refused.read_at, batch.page_read_at)
    from refused
    inner join first_rows on refused.page_id = first_rows.page_id
    inner join staged.staging.batch as batch
        on refused.page_id = batch.page_id and refused.page_row = batch.page_row
{% endmacro %}


{% macro accounts_sql(target_relation, kind, stream, pages) %}
    with
        seen as (
            select page_id, count(*) as seen_count, count(quarantine_reason) as quarantined_count
            from temp.batch_rows
            group by page_id
        ),
        loaded as (
            select page_id, count(*) as loaded_count
            from {{ target_relation }}
            where page_id in (select page_id from seen)
            group by page_id
        )
    select
        '{{ model.name }}', journal.page_id, journal.source, '{{ kind }}', '{{ stream }}',
        journal.row_count,
        coalesce(loaded.loaded_count, 0),
        coalesce(seen.seen_count, 0) - coalesce(loaded.loaded_count, 0) - coalesce(seen.quarantined_count, 0),
        coalesce(seen.quarantined_count, 0)
    from staged.staging.journal as journal
    left join seen on journal.page_id = seen.page_id
    left join loaded on journal.page_id = loaded.page_id
    where
        journal.event = 'page' and journal.kind = '{{ kind }}' and journal.stream = '{{ stream }}'
        and journal.page_id in ({% for page in pages %}'{{ page[0] }}'{% if not loop.last %}, {% endif %}{% endfor %})
{% endmacro %}


{#
  The records of the pages being staged, each named field as text (null when the record lacks it),
  each named context value from the record's own _context or from its page.
#}
{% macro records(fields, context={}) -%}
(
    select
        page_id, page_row, source, page_read_at, versions_from_source, record,
        {%- for name in fields %}
        field_values[{{ loop.index }}] as {{ name }},
        {%- endfor %}
        {%- for name in context %}
        coalesce(field_values[{{ fields | length + loop.index }}], json_extract_string(context, '{{ context[name] }}')) as {{ name }},
        {%- endfor %}
    from (
        select
            *,
            json_extract_string(
                record,
                [{% for name in fields %}'{{ fields[name] }}'{% if not loop.last %}, {% endif %}{% endfor %}
                {%- for name in context %}, '{{ context[name] | replace('$', '$._context') }}'{% endfor %}]
            ) as field_values
        from staged.staging.batch
    )
) as records
{%- endmacro %}


{% macro lineage(read_at='page_read_at') -%}
source, page_id, page_row, {{ read_at }} as read_at
{%- endmacro %}


{# The first reason why a record cannot be used, or null. reasons: {sentence: SQL condition} #}
{% macro quarantine(reasons) -%}
case
    {%- for reason in reasons %}
    when {{ reasons[reason] }} then '{{ reason }}'
    {%- endfor %}
end as quarantine_reason
{%- endmacro %}
