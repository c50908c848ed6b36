{# The catalogue of metrics: what each means, from the model that computes it. #}
{%- if execute -%}
{%- for node in graph.nodes.values() | sort(attribute='name') if node.config.materialized == 'metric' %}
{%- set meta = node.config.meta %}
select
    '{{ node.name }}' as metric,
    '{{ meta.title | replace("'", "''") }}' as title,
    '{{ meta.question | replace("'", "''") }}' as question,
    '{{ meta.plain_words | replace("'", "''") }}' as plain_words,
    '{{ meta.unit }}' as unit,
    '{{ meta.direction }}' as direction,
    '{{ meta.formula | replace("'", "''") }}' as formula,
    '{{ meta.source_of_definition | replace("'", "''") }}' as source_of_definition,
    '{{ meta.anchor }}' as anchor,
    '{{ node.config.kind }}' as kind,
    '{{ node.config.domain }}' as domain,
    {{ definition_version() }} as definition_version,
    'select * from v1.{{ node.name }}_observations' as rows_sql
{% if not loop.last %}union all{% endif %}
{%- endfor %}
{%- else -%}
select 1 as metric
from {{ ref('build_information') }}
{%- endif %}
