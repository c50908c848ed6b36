{# How a build or step ended, in the words that pipeline runs of all sources share. #}
{% macro buildbot_conclusion(results) -%}
case {{ results }}
    when 0 then 'success'
    when 1 then 'success'
    when 2 then 'failure'
    when 3 then 'skipped'
    when 4 then 'failure'
    when 5 then 'retried'
    when 6 then 'cancelled'
end
{%- endmacro %}
