{# Levels of risk as numbers that can be compared. #}
{% macro risk_order(level) -%}
case {{ level }} when 'high' then 3 when 'moderate' then 2 when 'low' then 1 end
{%- endmacro %}
