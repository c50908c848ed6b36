{# What a status of Redmine means: as the settings say, else by its usual names and whether it closes. #}
{% macro redmine_status(name, is_closed, statuses) -%}
coalesce(
    {{ status_of(name, statuses) }},
    case
        when lower({{ name }}) in ('rejected', 'cancelled', 'canceled', 'duplicate', 'invalid')
        then 'invalid'
        when lower({{ name }}) = 'resolved'
        then 'resolved'
        when {{ is_closed }} = 'true'
        then 'closed'
        when lower({{ name }}) in ('new', 'open', 'reopened')
        then 'open'
        else 'acknowledged'
    end
)
{%- endmacro %}
