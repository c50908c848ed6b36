{# Ends of Wilson's 95 % interval of k of n, null without any; never outside 0 and 1. #}
{% macro wilson_low(k, n) -%}{{ _wilson(k, n, '-') }}{%- endmacro %}


{% macro wilson_high(k, n) -%}{{ _wilson(k, n, '+') }}{%- endmacro %}


{% macro _wilson(k, n, sign) -%}
{%- set z = '1.959964' -%}
case
    when {{ n }} > 0
    then
        {# it holds the share itself, which rounding would otherwise leave just outside at 0 and 1 #}
        {{ 'least' if sign == '-' else 'greatest' }}({{ k }} / {{ n }}::double, least(1.0, greatest(0.0,
            ({{ k }} + {{ z }} * {{ z }} / 2 {{ sign }} {{ z }} * sqrt(
                greatest({{ k }} * ({{ n }} - {{ k }}) / {{ n }}::double, 0.0) + {{ z }} * {{ z }} / 4
            )) / ({{ n }} + {{ z }} * {{ z }})
        )))
end
{%- endmacro %}
