{# What a record says in its list of fields of people's own: the value of the one with a name. #}
{% macro named_field(fields, name, value) -%}
list_filter(
    json_extract(record, '{{ fields }}[*]'),
    lambda field: field ->> '$.name' = nullif({{ name }}, '')
)[1] ->> '{{ value }}'
{%- endmacro %}

{# The status that the settings of the source name for its own word, else null. #}
{% macro status_of(word, statuses) -%}
json_extract_string({{ statuses }}, '$."' || nullif(replace({{ word }}, '"', ''), '') || '"')
{%- endmacro %}

{# Trackers write 1970-01-01 where a date is not set. #}
{% macro set_instant(text) -%}
nullif({{ instant(text) }}, timestamp '1970-01-01')
{%- endmacro %}
