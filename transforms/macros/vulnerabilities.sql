{# Severity of a vulnerability from 4 (critical) to 1 (low), from the scanner's word, else from its CVSS score. #}
{% macro severity_rank(severity, cvss_score) -%}
case
    when {{ severity }} = 'critical' then 4
    when {{ severity }} in ('high', 'important') then 3
    when {{ severity }} in ('medium', 'moderate') then 2
    when {{ severity }} in ('low', 'minor', 'negligible') then 1
    when {{ cvss_score }} >= 9 then 4
    when {{ cvss_score }} >= 7 then 3
    when {{ cvss_score }} >= 4 then 2
    when {{ cvss_score }} > 0 then 1
end
{%- endmacro %}
