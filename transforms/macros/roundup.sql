{# An instant as Roundup writes it: 2026-11-22.23:02:12, in UTC. #}
{% macro dotted_instant(text) -%}
{{ instant("replace(" ~ text ~ ", '.', ' ')") }}
{%- endmacro %}

{# The property that the settings name: a text, or the name of the item, or first item, it leads to. #}
{% macro named_property(name) -%}
coalesce(
    json_extract_string(record, '$."' || nullif({{ name }}, '') || '".name'),
    json_extract_string(record, '$."' || nullif({{ name }}, '') || '"[0].name'),
    case
        when json_type(record, '$."' || nullif({{ name }}, '') || '"') = 'VARCHAR'
        then json_extract_string(record, '$."' || nullif({{ name }}, '') || '"')
    end
)
{%- endmacro %}
