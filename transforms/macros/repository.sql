{#
  The name of a repository by the address it is fetched from: the path without the host and
  ".git", as code hosts name it. Null where nothing is left.
#}
{% macro repository_name(address) -%}
nullif(
    regexp_replace(
        regexp_replace({{ address }}, '^([A-Za-z][A-Za-z0-9+.-]*://[^/]*|[^@/:]+@[^:/]+:)', ''),
        '^/+|(\.git)?/*$', '', 'g'
    ),
    ''
)
{%- endmacro %}
