{# An instant as sources write it (ISO 8601 with or without zone, taken as UTC) to TIMESTAMP in UTC. #}
{% macro instant(text) -%}
cast(try_cast({{ text }} as timestamptz) at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro epoch_instant(seconds) -%}
make_timestamp(try_cast({{ seconds }} as bigint) * 1000000)
{%- endmacro %}

{# The build's point in system time; the one answer to "when". #}
{% macro as_of() -%}(select as_of from {{ ref('build_information') }}){%- endmacro %}

{% macro report_timezone() -%}(select report_timezone from {{ ref('build_information') }}){%- endmacro %}

{# The local day of an instant in the organisation's report zone. #}
{% macro local_date(instant) -%}
cast((({{ instant }}) at time zone 'UTC') at time zone {{ report_timezone() }} as date)
{%- endmacro %}

{% macro seconds_between(start, finish) -%}
(epoch_us({{ finish }}) - epoch_us({{ start }})) / 1e6
{%- endmacro %}

{# An event instant a source cannot have known: in the future of its reading, or before 1990. #}
{% macro is_impossible(instant, read_at='read_at') -%}
({{ instant }} > {{ read_at }} + interval 120 seconds or {{ instant }} < timestamp '1990-01-01')
{%- endmacro %}
