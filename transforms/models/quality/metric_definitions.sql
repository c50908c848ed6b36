{# The catalogue of metrics: what each means, from the model that computes it. #}
{%- if execute -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.config.materialized == 'metric' %}
        {%- set meta = node.config.meta %}
        select
            '{{ node.name }}' as metric,
            {{ text_literal(meta.title) }} as title,
            {{ text_literal(meta.question) }} as question,
            {{ text_literal(meta.plain_words) }} as plain_words,
            {{ text_literal(meta.unit) }} as unit,
            {{ text_literal(meta.direction) }} as direction,
            {{ text_literal(meta.formula) }} as formula,
            {{ text_literal(meta.source_of_definition) }} as source_of_definition,
            {{ text_literal(meta.anchor) }} as anchor,
            '{{ node.config.kind }}' as kind,
            '{{ node.config.domain }}' as domain,
            {{ definition_version() }} as definition_version,
            'select * from v1.{{ node.name }}_observations' as rows_sql
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{%- else -%} select 1 as metric from {{ ref("build_information") }}
{%- endif %}
