{#
  The items of lists that are read whole, each where its list first has it or has it changed, and
  once more as removed where a later reading of the list lacks it. `column` holds structs with a
  field `id`; `partition` names the list.
#}
{% macro listed_items(model, partition, column) -%}
(
    with
        lists as (
            select
                *,
                lag({{ column }}) over (
                    partition by source, {{ partition }} order by read_at, page_id, ordinal
                ) as before
            from {{ ref(model) }}
            where read_at <= {{ as_of() }}
        )
    select
        * exclude (before),
        unnest(
            list_filter(
                {{ column }}, lambda item: not coalesce(list_contains(before, item), false)
            )
        ) as item,
        false as is_removed
    from lists
    union all
    select
        * exclude (before),
        unnest(
            list_filter(
                before,
                lambda item: not list_contains(
                    list_transform({{ column }}, lambda other: other.id), item.id
                )
            )
        ) as item,
        true as is_removed
    from lists
)
{%- endmacro %}

{# One field of a cron expression, from 1: minute, hour, day of month, month, day of week. #}
{% macro cron_field(expression, number) -%}
split_part(regexp_replace(trim({{ expression }}), '\s+', ' ', 'g'), ' ', {{ number }})
{%- endmacro %}

{#
  How long a window lasts whose start and end are cron expressions. Units: seconds. Known for
  windows of a day, of a week and of a year at one time of day; null for all others, and for those
  over the end of February.
#}
{% macro cron_span_seconds(begins, ends) -%}
case
    when not {{ is_cron_time(begins) }} or not {{ is_cron_time(ends) }}
    then null
    when {{ cron_days(begins) }} = '* * *' and {{ cron_days(ends) }} = '* * *'
    then {{ positive_remainder(cron_minutes(ends) ~ " - " ~ cron_minutes(begins), 1440) }} * 60.0
    when
        regexp_full_match({{ cron_days(begins) }}, '\* \* [0-7]')
        and regexp_full_match({{ cron_days(ends) }}, '\* \* [0-7]')
    then
        {{ positive_remainder(
            "(" ~ cron_number(ends, 5) ~ " - " ~ cron_number(begins, 5) ~ ") * 1440 + "
            ~ cron_minutes(ends) ~ " - " ~ cron_minutes(begins), 10080
        ) }} * 60.0
    when
        regexp_full_match({{ cron_days(begins) }}, '\d+ \d+ \*')
        and regexp_full_match({{ cron_days(ends) }}, '\d+ \d+ \*')
        and {{ cron_day(ends) }} >= {{ cron_day(begins) }}
    then
        nullif(
            greatest(
                ({{ cron_day(ends) }} - {{ cron_day(begins) }}) * 1440
                + {{ cron_minutes(ends) }} - {{ cron_minutes(begins) }},
                0
            ),
            0
        )
        * 60.0
end
{%- endmacro %}

{% macro is_cron_time(expression) -%}
regexp_matches(trim({{ expression }}), '^\d+\s+\d+\s')
{%- endmacro %}

{% macro cron_days(expression) -%}
array_to_string([{{ cron_field(expression, 3) }}, {{ cron_field(expression, 4) }}, {{ cron_field(expression, 5) }}], ' ')
{%- endmacro %}

{% macro cron_number(expression, number) -%}
try_cast({{ cron_field(expression, number) }} as integer)
{%- endmacro %}

{# The day of a yearly window in years that begin in March, so that no leap day is inside. #}
{% macro cron_day(expression) -%}
try_cast(
    case when {{ cron_number(expression, 4) }} >= 3 then '2001-' else '2002-' end
    || {{ cron_field(expression, 4) }} || '-' || {{ cron_field(expression, 3) }} as date
)
{%- endmacro %}

{% macro cron_minutes(expression) -%}
({{ cron_number(expression, 2) }} * 60 + {{ cron_number(expression, 1) }})
{%- endmacro %}

{# A remainder from 1 to the divisor: a window that ends when it begins lasts the whole round. #}
{% macro positive_remainder(amount, divisor) -%}
((({{ amount }}) - 1 + 2 * {{ divisor }}) % {{ divisor }} + 1)
{%- endmacro %}

{# A duration as Go writes it, such as 1h30m. Units: seconds; null where it is none. #}
{% macro go_duration_seconds(text) -%}
case
    when regexp_full_match({{ text }}, '(\d+(\.\d+)?(h|m|s))+')
    then
        {%- for letter, seconds in (("h", 3600), ("m", 60), ("s", 1)) %}
        coalesce(
            try_cast(regexp_extract({{ text }}, '(\d+(\.\d+)?){{ letter }}', 1) as double), 0
        ) * {{ seconds }}{% if not loop.last %} +{% endif %}
        {%- endfor %}
end
{%- endmacro %}
