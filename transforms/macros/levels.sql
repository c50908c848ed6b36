{# Levels by their ranks in words: one level, or `high to low`. #}
{% macro level_words(best, worst) -%}
case
    when {{ best }} = {{ worst }} then ['elite', 'high', 'medium', 'low'][{{ best }}]
    else ['elite', 'high', 'medium', 'low'][{{ best }}] || ' to ' || ['elite', 'high', 'medium', 'low'][{{ worst }}]
end
{%- endmacro %}
