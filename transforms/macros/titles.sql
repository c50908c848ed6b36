{# A commit title without the pull request number that hosts append when they squash. #}
{% macro plain_title(title) -%}
regexp_replace({{ title }}, ' \(#[0-9]+\)$', '')
{%- endmacro %}
