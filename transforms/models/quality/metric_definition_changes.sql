{# When the meaning of a metric changed: the dated entries beside the model that computes it. #}
{%- if execute -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.config.materialized == 'metric' %}
        {%- set is_last_metric = loop.last %}
        {%- for change in node.config.meta.changes %}
            select
                '{{ node.name }}' as metric,
                {{ text_literal(change.version) }} as version,
                {{ text_literal(change.what) }} as what,
                {{ change.was_history_rebuilt | lower }} as was_history_rebuilt,
                date '{{ change.date }}' as changed_date
            {% if not (loop.last and is_last_metric) %}
                union all
            {% endif %}
        {%- endfor %}
    {%- endfor %}
{%- else -%} select 1 as metric
{%- endif %}
