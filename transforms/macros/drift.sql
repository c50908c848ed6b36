{#
  What the records of a batch look like, so that a source that changes its interface is noticed:
  which fields they have and of which type, counted over a sample of each run's pages, and which
  values an enumeration has that the model does not know (config `known_values`: column to list).
#}
{% macro sampled_pages(pages) -%}
    {%- set chosen = [] -%}
    {%- set taken = {} -%}
    {%- set rows = namespace(count=0) -%}
    {%- for page in pages | reverse -%}
        {%- set of_run = taken.get(page[5], 0) -%}
        {%- if of_run < 2 and chosen | length < 60 and (rows.count + page[4] <= 5000 or not chosen) -%}
            {%- do chosen.append(page) -%}
            {%- do taken.update({page[5]: of_run + 1}) -%}
            {%- set rows.count = rows.count + page[4] -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(chosen) -}}
{%- endmacro %}


{# The paths that a compiled staging model takes from its records, without the leading "$.". #}
{% macro read_paths(code) -%}
    {%- set paths = [] -%}
    {%- for path in modules.re.findall("'\\$\\.([A-Za-z_][\\w.]*)'", code) -%}
        {%- if not path.startswith('_context') and path not in paths -%}
            {%- do paths.append(path) -%}
        {%- endif -%}
    {%- endfor -%}
    {{- return(paths) -}}
{%- endmacro %}


{% macro field_sightings_sql(pages, kind, stream, code) -%}
    {%- set paths = read_paths(code) -%}
    {%- set nested = [] -%}
    {%- set read = [] -%}
    {%- for path in paths -%}
        {%- do read.append(path.split('.')[0]) -%}
        {%- if '.' in path -%}{%- do nested.append(path) -%}{%- endif -%}
    {%- endfor -%}
    with
        sampled as (
            select journal.source, journal.run_id, batch.record
            from ({{ batch_sql(sampled_pages(pages)) }}) as batch
            inner join staged.staging.journal as journal
                on batch.page_id = journal.page_id and batch.source = journal.source
            where journal.event = 'page' and json_type(batch.record) = 'OBJECT'
            limit 5000
        ),
        samples as (
            select source, run_id, count(*) as sampled_count
            from sampled
            group by source, run_id
        ),
        fields as (
            select
                sampled.source, sampled.run_id, {{ masked('each.key') }} as field, each.type as json_type,
                [{% for name in read | unique %}'{{ name }}'{% if not loop.last %}, {% endif %}{% endfor %}]::varchar[] as read_fields
            from sampled, json_each(sampled.record) as each
            {%- if nested %}
            union all
            select
                source, run_id,
                unnest([{% for path in nested %}'{{ path }}'{% if not loop.last %}, {% endif %}{% endfor %}]) as field,
                unnest(json_type(record, [{% for path in nested %}'$.{{ path }}'{% if not loop.last %}, {% endif %}{% endfor %}])) as json_type,
                [{% for path in nested %}'{{ path }}'{% if not loop.last %}, {% endif %}{% endfor %}] as read_fields
            from sampled
            {%- endif %}
        ),
        counted as (
            select
                source, run_id, field,
                case
                    when json_type in ('BIGINT', 'UBIGINT', 'DOUBLE', 'HUGEINT') then 'number'
                    else lower(json_type)
                end as json_type,
                bool_or(list_contains(read_fields, field)) as is_read,
                count(*) as record_count
            from fields
            where json_type is not null and field <> '_context'
            group by all
        )
    select
        '{{ model.name }}', counted.source, '{{ kind }}', '{{ stream }}', counted.run_id,
        counted.field, counted.json_type, counted.is_read, counted.record_count,
        samples.sampled_count
    from counted
    inner join samples on counted.source = samples.source and counted.run_id = samples.run_id
{%- endmacro %}


{% macro unknown_values_sql(known_values, kind, stream) -%}
    {%- for column in known_values %}
    select
        '{{ model.name }}', rows.source, '{{ kind }}', '{{ stream }}', journal.run_id,
        '{{ column }}', left(rows.{{ column }}::varchar, 100), count(*)
    from temp.batch_rows as rows
    inner join staged.staging.journal as journal
        on rows.page_id = journal.page_id and rows.source = journal.source
    where
        journal.event = 'page' and rows.{{ column }} is not null and rows.{{ column }} <> ''
        and lower(rows.{{ column }}::varchar) not in (
            {%- for value in known_values[column] %}'{{ value | lower }}'{% if not loop.last %}, {% endif %}{% endfor -%}
        )
    group by all
    {%- if not loop.last %}
    union all
    {%- endif %}
    {%- endfor %}
{%- endmacro %}


{# For a model that reads the bookkeeping of the staging layer: all of it has to be staged before. #}
{% macro after_staging() %}
    {%- for name in var("staging") %}
    -- depends_on: {{ ref(name) }}
    {%- endfor %}
{% endmacro %}
