{# Keyed pseudonym of a person's address or login; the key never appears in SQL (plugins/pseudonym.py). #}
{% macro pseudonym(text) -%}
case
    when nullif(trim({{ text }}), '') is not null
    then left(sha256(getvariable('pseudonym_outer_key') || unhex(sha256(getvariable('pseudonym_inner_key') || encode(lower(trim({{ text }})))))), 24)
end
{%- endmacro %}
