{# What each column of the published tables holds, as the model beside it says. #}
{%- if execute -%}
    with
        tables(table_name, column_names, descriptions) as (
            values
                {%- for node in graph.nodes.values() | sort(attribute='name') if node.resource_type in ('model', 'seed') and node.schema == this.schema %}
                    (
                        '{{ node.name }}',
                        {{
                            text_literals(
                                node.columns.values() | map(attribute="name")
                            )
                        }},
                        {{
                            text_literals(
                                node.columns.values() | map(attribute="description")
                            )
                        }}
                    )
                    {%- if not loop.last %}, {% endif %}
                {%- endfor %}
        )
    select
        table_name,
        unnest(column_names) as column_name,
        unnest(descriptions) as description
    from tables
{%- else -%} select 1 as table_name
{%- endif %}
