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

{#
  The newest version of a record that was read by the build's as-of. Most records have one version,
  so only those whose key was read more than once are ranked; key_hash says which may have been.
  A record that is deleted in its source by then is not there. A table that is scanned again costs
  less than a copy of all its columns, so `known` is none.
#}
{% macro newest(model, key) -%}
(
    with
        known as not materialized (
            select *
            from {{ ref(model) }}
            where
                read_at <= {{ as_of() }}
                and key_hash not in (
                    select key_hash from {{ deletions() }} where model = '{{ model }}'
                )
        ),
        repeated as (
            select key_hash
            from known
            group by key_hash
            having count(*) > 1
        ),
        ranked as (
            select
                *,
                row_number() over (
                    partition by {{ key }} order by read_at desc, page_id desc, ordinal desc
                ) as newest_first
            from known
            where key_hash in (select key_hash from repeated)
        )
    select *
    from known
    where key_hash not in (select key_hash from repeated)
    union all
    select * exclude (newest_first)
    from ranked
    where newest_first = 1
)
{%- endmacro %}

{# The settings that apply to each source: its own, those of all sources, or the default. #}
{% macro setting(key, default) -%}
coalesce(
    max(case when settings.setting_key = '{{ key }}' and settings.source_name = sources.source then settings.setting_value end),
    max(case when settings.setting_key = '{{ key }}' and settings.source_name is null then settings.setting_value end),
    '{{ default }}'
)
{%- endmacro %}
