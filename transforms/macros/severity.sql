{# A priority or severity in words as a number, 1 is the worst; a number in the words wins. #}
{% macro severity_of(words) -%}
coalesce(
    try_cast(regexp_extract({{ words }}, '[0-9]') as bigint),
    case
        when lower({{ words }}) in ('blocker', 'critical', 'highest') then 1
        when lower({{ words }}) in ('high', 'major') then 2
        when lower({{ words }}) in ('medium', 'moderate', 'normal') then 3
        when lower({{ words }}) in ('low', 'minor') then 4
        when lower({{ words }}) in ('lowest', 'trivial') then 5
    end
)
{%- endmacro %}
