{# Which requirement of which framework each control speaks to. #}
{%- if execute -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.config.materialized == 'control' %}
        {%- for requirement in node.config.meta.frameworks %}
            select
                '{{ node.name | replace("control_", "", 1) }}' as control_id,
                {{ text_literal(requirement.framework) }} as framework,
                {{ text_literal(requirement.id | string) }} as requirement_id
            union all
        {%- endfor %}
    {%- endfor %}
{%- endif %}
select null as control_id, null as framework, null as requirement_id
where false
