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

{#
  CTE `subjects` of a control of deployments and the calendar, with when each had ended: one that is
  to come takes no time yet, one that runs lasts until now.
#}
{% macro running_subjects() -%}
subjects as (
    select
        subjects.*,
        greatest(
            case
                when subjects.is_candidate then subjects.started_at
                else coalesce(subjects.finished_at, {{ as_of() }})
            end,
            subjects.started_at + interval 1 microsecond
        ) as ran_until
    from {{ deployment_subjects() }} as subjects
)
{%- endmacro %}

{# Whether a row of window_occurrences, as it was known then, meets a subject while it ran. #}
{% macro window_meets(window, subject, buffer="interval 0 minute") -%}
{{ window }}.starts_at - {{ buffer }} < {{ subject }}.ran_until
and {{ window }}.ends_at + {{ buffer }} > {{ subject }}.started_at
and {{ window_is_known(window, subject ~ ".started_at") }}
{%- endmacro %}

{#
  CTEs over `subjects` and `windows`: `bound`, the windows of an effect or kind that are stated for a
  subject, whether open or not, and `met`, each window that it meets while it runs.
#}
{% macro windows_of_subjects(binding) -%}
stated as (
    select distinct
        calendar_window_id, version_number, service_ids, environment_ids, is_any_scope, known_from, known_to
    from windows
    where {{ binding }}
),
bound as (
    select
        subjects.subject_id,
        list(
            distinct 'calendar_windows:' || stated.calendar_window_id
            order by 'calendar_windows:' || stated.calendar_window_id
        ) as evidence
    from subjects
    inner join
        stated
        on {{ window_is_known("stated", "subjects.started_at") }}
        and {{ window_binds("stated", "subjects.service_id", "subjects.environment_id") }}
    group by subjects.subject_id
),
met as (
    select
        subjects.subject_id,
        windows.*,
        windows.starts_at <= subjects.started_at
        and windows.ends_at > subjects.started_at as is_open_at_start
    from subjects
    inner join
        windows
        on {{ window_meets("windows", "subjects") }}
        and {{ window_binds("windows", "subjects.service_id", "subjects.environment_id") }}
)
{%- endmacro %}
