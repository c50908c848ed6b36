{# The factors of failure: what each means, from the model that gives its levels. #}
{%- set words = {"tier": "tier of the service", "working_hours": "working hours"} -%}
{%- if execute -%}
    {%- for name in var("factors") %}
        {%- set found = (
            graph.nodes.values() | selectattr("name", "equalto", name) | list
        ) %}
        {%- set meta = found[0].config.meta %}
        {%- set controlled = [] %}
        {%- for control in meta.controls %}
            {% do controlled.append(words[control]) %}
        {% endfor %}
        select
            {{ text_literal(name.removeprefix("int_factors__")) }} as factor,
            {{ text_literal(meta.title) }} as title,
            {{ text_literal(meta.plain_words) }} as plain_words,
            {{ text_literal(meta.phrase) }} as phrase,
            cast(
                {% if meta.reference_level -%}{{ text_literal(meta.reference_level) }}
                {%- else -%}null
                {%- endif %} as varchar
            ) as reference_level,
            {{ text_literal(controlled | join(", ")) }} as confounders_controlled,
            {{ text_literal(meta.confounders_not_controlled) }}
            as confounders_not_controlled,
            {{ text_literal(meta.needs) }} as needs,
            cast({{ text_literals(meta.controls) }} as varchar[]) as controls
        {% if not loop.last %}
            union all
        {% endif %}
    {%- endfor %}
{%- else -%} select 1 as factor
{%- endif %}
