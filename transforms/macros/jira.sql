{# The value of the field that a setting names, as JSON; null where no field is named. #}
{% macro jira_field(setting) -%}
case
    when {{ setting }} <> ''
    then json_extract(record, '$.fields."' || {{ setting }} || '"')
end
{%- endmacro %}

{# The word that a field holds, be it text, an option, a component, or the first of some. #}
{% macro jira_word(value) -%}
coalesce(
    case json_type({{ value }})
        when 'VARCHAR' then json_extract_string({{ value }}, '$')
        when 'OBJECT' then coalesce(json_extract_string({{ value }}, '$.value'), json_extract_string({{ value }}, '$.name'))
        when 'ARRAY' then coalesce(
            json_extract_string({{ value }}, '$[0].value'),
            json_extract_string({{ value }}, '$[0].name'),
            case when json_type({{ value }}, '$[0]') = 'VARCHAR' then json_extract_string({{ value }}, '$[0]') end
        )
    end
)
{%- endmacro %}

{# Whether a name is one of the lines of a setting, whatever its case. #}
{% macro is_named(name, lines) -%}
coalesce(list_contains(string_split({{ lines }}, chr(10)), lower({{ name }})), false)
{%- endmacro %}
