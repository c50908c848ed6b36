{# An instant as sources write it (ISO 8601 with or without zone, taken as UTC) to TIMESTAMP in UTC. #}
{% macro instant(text) -%}
cast(try_cast({{ text }} as timestamptz) at time zone 'UTC' as timestamp)
{%- endmacro %}

{# Seconds since 1970 (or a smaller unit, of which a second has `per_second`); null beyond all time. #}
{% macro epoch_instant(seconds, per_second=1) -%}
try(make_timestamp(try_cast({{ seconds }} as bigint) * {{ 1000000 // per_second }}))
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

{# A duration as pages say it, `3 h 12 min`; the same in Python is dashboards.words.duration_words. #}
{% macro duration_words(seconds) -%}
case
    when {{ seconds }} < 0 then '-' || {{ _duration_words("-(" ~ seconds ~ ")") }}
    else {{ _duration_words(seconds) }}
end
{%- endmacro %}

{% macro _duration_words(seconds) -%}
{%- set minutes = "cast(round_even((" ~ seconds ~ ") / 60.0, 0) as bigint)" -%}
case
    when round_even({{ seconds }}, 0) < 60
    then cast(round_even({{ seconds }}, 0) as bigint) || ' s'
    when {{ minutes }} < 60 then {{ minutes }} || ' min'
    when {{ minutes }} % 60 = 0 and {{ minutes }} < 1440
    then cast(floor({{ minutes }} / 60) as bigint) || ' h'
    when {{ minutes }} < 1440
    then cast(floor({{ minutes }} / 60) as bigint) || ' h ' || {{ minutes }} % 60 || ' min'
    when ({{ seconds }}) / 86400.0 < 99.95 then format('{:.1f} d', ({{ seconds }}) / 86400.0)
    else format('{:,} d', cast(round_even(({{ seconds }}) / 86400.0, 0) as bigint))
end
{%- endmacro %}

{# An event instant a source cannot have known: in the future of its reading, or before 1990. #}
{% macro is_impossible(instant, read_at='read_at') -%}
({{ instant }} > {{ read_at }} + interval 120 seconds or {{ instant }} < timestamp '1990-01-01')
{%- endmacro %}

{#
  The instant of a wall clock's reading in a zone. Where clocks are set back and a reading comes
  twice, it is the first of the two; where they are set forward and it never comes, the reading
  is carried over the gap (is_skipped_in_zone says so).
#}
{% macro instant_in_zone(reading, zone) -%}
case
    {%- for minutes in (60, 30) %}
    when
        {{ wall_clock(later_instant(reading, zone) ~ ' - interval ' ~ minutes ~ ' minutes', zone) }}
        = {{ reading }}
    then {{ later_instant(reading, zone) }} - interval {{ minutes }} minutes
    {%- endfor %}
    else {{ later_instant(reading, zone) }}
end
{%- endmacro %}

{# The same for readings that are mostly in UTC, where a reading is the instant. #}
{% macro zoned_instant(reading, zone) -%}
case when {{ zone }} = 'UTC' then {{ reading }} else {{ instant_in_zone(reading, zone) }} end
{%- endmacro %}

{# DuckDB takes the second of two equal readings. #}
{% macro later_instant(reading, zone) -%}
(cast({{ reading }} as timestamp) at time zone {{ zone }} at time zone 'UTC')
{%- endmacro %}

{# What the clock on the wall shows in a zone at an instant. #}
{% macro wall_clock(instant, zone) -%}
((({{ instant }}) at time zone 'UTC') at time zone {{ zone }})
{%- endmacro %}

{# A reading that comes twice in its zone, when clocks are set back. #}
{% macro is_repeated_in_zone(reading, zone) -%}
case
    when {{ zone }} = 'UTC' then false
    else {{ instant_in_zone(reading, zone) }} < {{ later_instant(reading, zone) }}
end
{%- endmacro %}

{# A reading that never comes in its zone, when clocks are set forward. #}
{% macro is_skipped_in_zone(reading, zone) -%}
case
    when {{ zone }} = 'UTC' then false
    else {{ wall_clock(later_instant(reading, zone), zone) }} <> cast({{ reading }} as timestamp)
end
{%- endmacro %}

{# A key without the name of its source, which is how people know it: `acme/shop#12`. #}
{% macro without_source(key) -%}
substr({{ key }}, strpos({{ key }}, ':') + 1)
{%- endmacro %}
