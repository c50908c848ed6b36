{# The lake's journal, read once a build: which pages exist, how they are written, what each run did. #}
{% macro lake_path() %}{{ env_var('LEADLINE_LAKE') }}/{% endmacro %}

{# LEADLINE_DUCKDB_THREADS sets how many threads DuckDB uses: all cores where it is not set. #}
{% macro open_lake() %}
{% if execute %}
{%- set threads = env_var('LEADLINE_DUCKDB_THREADS', '') %}
{% if threads %}set threads = {{ threads | int }};{% endif %}
create schema if not exists staged.staging;
create table if not exists staged.staging.page_accounts (
    model varchar, page_id varchar, source varchar, kind varchar, stream varchar,
    fetched_count bigint, loaded_count bigint, duplicate_count bigint, quarantined_count bigint
);
create table if not exists staged.staging.quarantined_records (
    model varchar, source varchar, kind varchar, stream varchar, page_id varchar, ordinal bigint,
    reason varchar, record varchar, read_at timestamp
);
create table if not exists staged.staging.field_sightings (
    model varchar, source varchar, kind varchar, stream varchar, run_id varchar, field varchar,
    json_type varchar, is_read boolean, record_count bigint, sampled_count bigint
);
create table if not exists staged.staging.unknown_values (
    model varchar, source varchar, kind varchar, stream varchar, run_id varchar,
    column_name varchar, value varchar, record_count bigint
);
create table if not exists staged.staging.staged_models (model varchar, checksum varchar);
create table if not exists staged.staging.key_sightings (
    model varchar, whole_run_id varchar, source varchar, key_hash ubigint
);
create table if not exists staged.staging.judged_runs (
    model varchar, source varchar, whole_run_id varchar
);
create table if not exists staged.staging.deletions (
    model varchar, kind varchar, stream varchar, source varchar, key_hash ubigint,
    record_key varchar, deleted_seen_at timestamp, returned_at timestamp, page_id varchar,
    ordinal bigint
);
create or replace table staged.staging.journal as
select *
from
    read_json(
        '{{ lake_path() }}journal/*/*.jsonl',
        format = 'newline_delimited',
        ignore_errors = true,
        columns = {
            'event': 'VARCHAR', 'run_id': 'VARCHAR', 'page_id': 'VARCHAR', 'source': 'VARCHAR',
            'kind': 'VARCHAR', 'stream': 'VARCHAR', 'records_file': 'VARCHAR',
            'raw_file': 'VARCHAR', 'format': 'VARCHAR', 'records_path': 'VARCHAR',
            'sha256': 'VARCHAR', 'bytes': 'BIGINT', 'stored_bytes': 'BIGINT',
            'row_count': 'BIGINT', 'read_at': 'TIMESTAMP', 'request': 'JSON', 'context': 'JSON',
            'versions_from_source': 'BOOLEAN', 'window_from': 'TIMESTAMP',
            'window_to': 'TIMESTAMP', 'status': 'VARCHAR', 'pages': 'BIGINT', 'rows': 'BIGINT',
            'calls': 'BIGINT', 'reported_total': 'BIGINT', 'error': 'JSON',
            'resumed_from': 'VARCHAR', 'is_whole': 'BOOLEAN', 'whole_run_id': 'VARCHAR',
            'quarantined': 'BIGINT'
        }
    );
{{ whole_runs_sql() }}
{% endif %}
{% endmacro %}
