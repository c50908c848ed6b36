{# A user of GitLab that is a token of a project or group, or is named as bots are. #}
{% macro is_gitlab_bot(name) -%}
coalesce(regexp_matches(lower({{ name }}), '(^|[ _-])bot([ _-]|\d*$)'), false)
{%- endmacro %}

{# How a pipeline or job stands, in the words that pipeline runs of all sources share. #}
{% macro gitlab_run_status(status) -%}
case
    when {{ status }} in ('success', 'failed', 'canceled', 'skipped')
    then 'completed'
    when {{ status }} in ('running', 'canceling')
    then 'in_progress'
    when {{ status }} = 'manual'
    then 'waiting'
    else 'queued'
end
{%- endmacro %}

{% macro gitlab_conclusion(status) -%}
case {{ status }}
    when 'success' then 'success'
    when 'failed' then 'failure'
    when 'canceled' then 'cancelled'
    when 'skipped' then 'skipped'
end
{%- endmacro %}
