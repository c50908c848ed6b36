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

{# All versions of the issues that the newest settings call an incident, or a change. #}
{% macro jira_issues(role) -%}
(
    select issues.*
    from {{ ref("stg_jira__issues") }} as issues
    inner join (
        select source, arg_max(context, (read_at, page_id)) as context
        from {{ source("staging", "journal") }}
        where event = 'page' and kind = 'jira' and stream = 'issues' and read_at <= {{ as_of() }}
        group by source
    ) as settings
        on issues.source = settings.source
    where
        issues.read_at <= {{ as_of() }}
        and (
            {{ is_named("issues.type", "json_extract_string(settings.context, '$." ~ role ~ "_types')") }}
            or {{ is_named("issues.project", "json_extract_string(settings.context, '$." ~ role ~ "_projects')") }}
        )
)
{%- endmacro %}

{# Whether a name is one of the lines of a setting, whatever its case. #}
{% macro is_named(name, lines) -%}
coalesce(list_contains(string_split({{ lines }}, chr(10)), lower({{ name }})), false)
{%- endmacro %}
