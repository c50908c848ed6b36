{#
  Working time of a calendar up to an instant, in microseconds since the calendar's first day.
  `opening` is the row of int_working_openings for the instant's UTC day: the time of all working
  days before the opening that the instant comes after, and what has passed of that day's hours.
#}
{% macro working_us_until(instant, opening) -%}
case
    when epoch_us({{ instant }}) >= {{ opening }}.opens_us
    then
        {{ opening }}.working_before_us
        + least(epoch_us({{ instant }}) - {{ opening }}.opens_us, {{ opening }}.working_us)
    else
        {{ opening }}.earlier_working_before_us
        + greatest(
            0,
            least(
                epoch_us({{ instant }}) - {{ opening }}.earlier_opens_us,
                {{ opening }}.earlier_working_us
            )
        )
end
{%- endmacro %}

{# Seconds of working hours between two instants; DST is in the openings, not in the arithmetic. #}
{% macro working_seconds(start, finish, start_opening, finish_opening) -%}
({{ working_us_until(finish, finish_opening) }} - {{ working_us_until(start, start_opening) }})
/ 1e6
{%- endmacro %}
