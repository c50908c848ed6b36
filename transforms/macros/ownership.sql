{# Join condition: the team that owned a service on the local day of an instant. #}
{% macro owned_on(service, instant) -%}
{{ service }} = ownership.service_id
    and {{ local_date(instant) }} >= ownership.effective_from_date
    and {{ local_date(instant) }} < ownership.effective_to_date
{%- endmacro %}
