{# Free text of people, without the addresses of people. #}
{% macro masked(text) -%}
regexp_replace({{ text }}, '[^\s@<>"'',;:()]+@[^\s@<>"'',;:()]+\.[^\s@<>"'',;:()]+', '<address>', 'g')
{%- endmacro %}
