{# How a pipeline or a job ended, in one vocabulary for systems that push it. #}
{% macro conclusion_of(word) -%}
case {{ word }}
    when 'failed' then 'failure'
    when 'error' then 'failure'
    when 'cancel' then 'cancelled'
    when 'canceled' then 'cancelled'
    else case when {{ word }} not like '%.%' then {{ word }} end
end
{%- endmacro %}

{# Rows that are told once: what was pushed does not count where the polled source has the record. #}
{% macro told_once(rows, key) -%}
with
    told as (select * from {{ rows }}),
    pushed as (
        select distinct source
        from {{ source("staging", "journal") }}
        where kind = 'push'
    ),
    twice as (
        select {{ key }}
        from told
        where source in (select source from pushed)
        intersect
        select {{ key }}
        from told
        where source not in (select source from pushed)
    )
select *
from told
where
    {{ key }} not in (select {{ key }} from twice)
    or source not in (select source from pushed)
{%- endmacro %}
