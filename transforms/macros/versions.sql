{# Every version of a record that was read by the build's as-of, oldest first, the newest marked. #}
{% macro versions(model, key) -%}
(
    select
        *,
        row_number() over (
            partition by {{ key }} order by read_at, page_id, ordinal
        ) as version_number,
        row_number() over (
            partition by {{ key }} order by read_at desc, page_id desc, ordinal desc
        ) = 1 as is_current
    from {{ ref(model) }}
    where read_at <= {{ as_of() }}
)
{%- endmacro %}

{# The newest version of a record that was read by the build's as-of. #}
{% macro newest(model, key) -%}
(
    select * exclude (newest_first)
    from
        (
            select
                *,
                row_number() over (
                    partition by {{ key }} order by read_at desc, page_id desc, ordinal desc
                ) as newest_first
            from {{ ref(model) }}
            where read_at <= {{ as_of() }}
        )
    where newest_first = 1
)
{%- endmacro %}

{# A setting of a source from the catalogue, or its default. #}
{% macro setting(key, source_column, default) -%}
coalesce(
    (
        select max(settings.setting_value)
        from {{ ref('int_catalogue__current') }} as settings
        where settings.record_type = 'setting' and settings.setting_key = '{{ key }}'
            and settings.source_name = {{ source_column }}
    ),
    (
        select max(settings.setting_value)
        from {{ ref('int_catalogue__current') }} as settings
        where settings.record_type = 'setting' and settings.setting_key = '{{ key }}'
            and settings.source_name is null
    ),
    '{{ default }}'
)
{%- endmacro %}
