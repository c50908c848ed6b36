{# A pattern with * and ? as LIKE takes it, in lower case; its escape is an exclamation mark. #}
{% macro like_pattern(pattern) -%}
replace(replace(replace(replace(replace(lower({{ pattern }}), '!', '!!'), '%', '!%'), '_', '!_'), '*', '%'), '?', '_')
{%- endmacro %}

{# Whether a row of window_occurrences is for a service and an environment. #}
{% macro window_binds(window, service_id, environment_id) -%}
case
    when {{ window }}.is_any_scope
        and {{ window }}.service_ids is not null
        and {{ window }}.environment_ids is not null
    then
        coalesce(list_contains({{ window }}.service_ids, {{ service_id }}), false)
        or coalesce(list_contains({{ window }}.environment_ids, {{ environment_id }}), false)
    else
        ({{ window }}.service_ids is null
        or coalesce(list_contains({{ window }}.service_ids, {{ service_id }}), false))
        and ({{ window }}.environment_ids is null
        or coalesce(list_contains({{ window }}.environment_ids, {{ environment_id }}), false))
end
{%- endmacro %}

{# Whether a version of a window was what was known at an instant. #}
{% macro window_is_known(window, instant) -%}
({{ window }}.known_from <= {{ instant }}
and ({{ window }}.known_to is null or {{ window }}.known_to > {{ instant }}))
{%- endmacro %}

{# Whether a row of window_occurrences is of a vendor: by its name, or by the source of its page. #}
{% macro window_is_of(window, vendor) -%}
(
    {{ window }}.source = {{ vendor }}.status_source
    or lower({{ window }}.vendor_name) in (lower({{ vendor }}.vendor_id), lower({{ vendor }}.name))
)
{%- endmacro %}
