{#
  The chance that at least one of so many tests fails although nothing is wrong, when each does so
  in `rate` of its runs, on its own. A test that is tried `tries` times fails when every try fails.
#}
{% macro false_failure_chance(test_count, rate, tries=1) -%}
(1 - power(1 - power({{ rate }}, {{ tries }}), {{ test_count }}))
{%- endmacro %}

{% macro has_failed(status) -%}
{{ status }} in ('failed', 'error')
{%- endmacro %}
