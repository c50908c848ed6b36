{# The catalogue of metrics: what each means, from the model that computes it. #}
{%- set intervals = {
    "median": "Order statistics of the values, 95 %: no shape is assumed; from 6 values on.",
    "days_per_week": "Order statistics of the weeks, 95 %: no shape is assumed; from 6 weeks on.",
    "ratio": "Wilson interval of a share, 95 %: it stays within 0 and 1 and is honest for few and for no events.",
    "frequency": "Score interval of a Poisson count, 95 %, divided by the covered days.",
    "survival": "Kaplan-Meier curve with Greenwood's variance on the log-log scale, 95 %; an end that is not reached is empty.",
    "total": "There is none: a sum of what happened is no estimate.",
} -%}
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
            {{ text_literal(intervals[node.config.kind]) }} as interval_method,
            {{ text_literals(meta.edge_cases) }} as edge_cases,
            {{ text_literals(meta.known_limits) }} as known_limits,
            {{ text_literal(meta.origin) }} as origin,
            {{ text_literal(meta.used_by) }} as used_by,
            {{ text_literal(meta.source_of_definition) }} as source_of_definition,
            {{ text_literal(meta.anchor) }} as anchor,
            '{{ node.config.kind }}' as kind,
            '{{ node.config.domain }}' as domain,
            {{ definition_version(meta) }} as definition_version,
            'select * from v1.{{ node.name }}_observations' as rows_sql
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{%- else -%} select 1 as metric
{%- endif %}
