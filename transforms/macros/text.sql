{# A text as an SQL literal. #}
{% macro text_literal(text) -%}
'{{ text | replace("'", "''") }}'
{%- endmacro %}

{# Texts as an SQL list. #}
{% macro text_literals(texts) -%}
[{% for text in texts %}{{ text_literal(text) }}{% if not loop.last %}, {% endif %}{% endfor %}]
{%- endmacro %}
