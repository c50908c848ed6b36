{# A text as an SQL literal. #}
{% macro text_literal(text) -%}
'{{ text | replace("'", "''") }}'
{%- endmacro %}

{# A glob as a pattern for a whole path: * and ? within a name, ** over any folders. #}
{% macro glob_pattern(glob) -%}
{%- set steps = [('**/', 'chr(1)'), ('**', 'chr(2)'), ('*', "'[^/]*'"), ('?', "'[^/]'")] -%}
{%- set rendered = namespace(sql="regexp_replace(" ~ glob ~ ", '([.+^$(){}|])', '\\\\\\1', 'g')") -%}
{%- for sign, stands_for in steps -%}
    {%- set rendered.sql = "replace(" ~ rendered.sql ~ ", '" ~ sign ~ "', " ~ stands_for ~ ")" -%}
{%- endfor -%}
replace(replace({{ rendered.sql }}, chr(1), '(?:.*/)?'), chr(2), '.*')
{%- endmacro %}

{# Texts as an SQL list. #}
{% macro text_literals(texts) -%}
[{% for text in texts %}{{ text_literal(text) }}{% if not loop.last %}, {% endif %}{% endfor %}]
{%- endmacro %}

{# What stands at a path of each element of a list that came as text. #}
{% macro json_texts(list, path) -%}
list_transform(
    try_cast({{ list }} as json[]), lambda one: json_extract_string(one, '{{ path }}')
)
{%- endmacro %}
