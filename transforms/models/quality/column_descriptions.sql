{# What each column of the published tables holds, as the model beside it says. #}
{%- if execute -%}
    {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type in ('model', 'seed') and node.schema == this.schema %}
        select
            '{{ node.name }}' as table_name,
            unnest(
                {{ text_literals(node.columns.values() | map(attribute="name")) }}
            ) as column_name,
            unnest(
                {{
                    text_literals(
                        node.columns.values() | map(attribute="description")
                    )
                }}
            ) as description
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{%- else -%} select 1 as table_name
{%- endif %}
