{#
  What a text names that may be the key of a work item or the number of a change request, once
  each: SHOP-42, CHG0030001. A branch may write it in small letters. Whether such a record exists
  is asked where it is joined.
#}
{% macro named_keys(text) -%}
list_distinct(
    regexp_extract_all(
        upper({{ text }}), '\b(?:[A-Z][A-Z0-9_]*-[0-9]+|[A-Z]{2,}[0-9]{7,})\b'
    )
)
{%- endmacro %}

{# What discovery states of an attribute of an item, from its JSON object. #}
{% macro observed_attribute(name) -%}
json_extract_string(observed.attributes, '$."' || {{ name }} || '"')
{%- endmacro %}
