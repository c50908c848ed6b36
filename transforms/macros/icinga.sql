{# An instant of Icinga: seconds since 1970 with a fraction; 0 is none. #}
{% macro fraction_instant(seconds) -%}
try(make_timestamp(cast(floor(nullif(try_cast({{ seconds }} as double), 0) * 1e6) as bigint)))
{%- endmacro %}

{# The service of a check: the configured variable of it or of its host, else a group of theirs. #}
{% macro icinga_service(places, variable) -%}
coalesce(
    {%- for place in places %}
    json_extract_string(record, '{{ place }}.vars."' || nullif({{ variable }}, '') || '"'),
    {%- endfor %}
    {%- for place in places %}
    json_extract_string(record, '{{ place }}.groups[0]'){% if not loop.last %},{% endif %}
    {%- endfor %}
)
{%- endmacro %}

{#
  Hosts and services in a hard state. Every read of a problem is a version of its own, so that it is
  known when it was last there; of a recovery only its instant counts.
#}
{% macro icinga_states(words, host, check, places) -%}
select
    object_name as fingerprint,
    {{ check }} as name,
    state <> '0' as is_problem,
    case when state <> '0' then {{ words }} end as severity,
    json_object(
        'host', {{ host }}, 'check', {{ check }}, 'service',
        {{ icinga_service(places, "service_variable") }}
    )::varchar as labels,
    {{ fraction_instant("hard_change") }} as changed_at,
    case when state <> '0' then page_read_at end as seen_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a state without name": "object_name is null",
                "a state without number": "try_cast(state as bigint) is null",
                "a state without last hard change": fraction_instant("hard_change") ~ " is null",
            }
        )
    }}
from
    {{
        records(
            {
                "object_name": "$.name",
                "host_name": "$.attrs.host_name",
                "check_name": "$.attrs.name",
                "state": "$.attrs.state",
                "hard_change": "$.attrs.last_hard_state_change",
            },
            context={"service_variable": "$.service_variable"},
        )
    }}
{%- endmacro %}
