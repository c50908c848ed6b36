{# What policy.yml says in one section, as it stood at as-of: policy_key, document (JSON), read_at. #}
{% macro policy_rows(section) -%}
(
    select setting_key as policy_key, try_cast(setting_value as json) as document, read_at
    from {{ ref("int_catalogue__current") }}
    where record_type = 'policy' and name = '{{ section }}'
)
{%- endmacro %}

{#
  The same with every version that was known up to as-of: known_from is when it was first read,
  known_to when a configuration without it was read, null while it stands.
#}
{% macro policy_versions(section) -%}
(
    with
        catalogue as (
            select page_id, read_at, record_type, name, setting_key, setting_value
            from {{ ref("stg_leadline__catalogue") }}
            where read_at <= {{ as_of() }}
        ),
        pages as (
            select page_id, read_at, row_number() over (order by read_at, page_id) as page_number
            from (select page_id, min(read_at) as read_at from catalogue group by page_id)
        ),
        islands as (
            select
                catalogue.setting_key as policy_key,
                catalogue.setting_value,
                pages.read_at,
                pages.page_number,
                pages.page_number - row_number() over (
                    partition by catalogue.setting_key, catalogue.setting_value order by pages.page_number
                ) as island
            from catalogue
            inner join pages on catalogue.page_id = pages.page_id
            where catalogue.record_type = 'policy' and catalogue.name = '{{ section }}'
        ),
        spans as (
            select policy_key, setting_value, min(read_at) as known_from, max(page_number) + 1 as next_page_number
            from islands
            group by policy_key, setting_value, island
        )
    select
        spans.policy_key, try_cast(spans.setting_value as json) as document, spans.known_from,
        pages.read_at as known_to
    from spans
    left join pages on spans.next_page_number = pages.page_number
)
{%- endmacro %}

{#
  The versions of a section with the time in which each held: what the first policy says of it is
  taken to have held before, for nothing else is known of that time.
#}
{% macro policy_holdings(section) -%}
(
    select
        policy_key,
        document,
        nullif(known_from, min(known_from) over ()) as held_from_at,
        known_to as held_to_at
    from {{ policy_versions(section) }} as versions
)
{%- endmacro %}

{# Whether a row of a table of such times held at an instant. #}
{% macro held_at(held, instant) -%}
(
    coalesce({{ held }}.held_from_at <= {{ instant }}, true)
    and coalesce({{ held }}.held_to_at > {{ instant }}, true)
)
{%- endmacro %}

{# The value of a threshold: the policy's, else the one that Leadline ships with its origin. #}
{% macro threshold(key) -%}
(select value from {{ ref("thresholds") }} where threshold_key = '{{ key }}')
{%- endmacro %}
