{#
  The rows of every source that tells of an entity: the models of the folder intermediate/<entity>,
  each with the columns that it knows. A column of the contract that a source does not state is
  null there; one that the contract does not have fails the build. `var(entity)` lists the folder.
#}
{% macro from_sources(entity, derived=[]) -%}
{{ of_people(entity, stated_by_sources(entity, derived)) }}
{%- endmacro %}

{% macro stated_by_sources(entity, derived) -%}
(
    select
        {% for column in model.columns.values() if execute and column.name not in derived -%}
        cast(null as {{ column.data_type }}) as {{ column.name }}{% if not loop.last %}, {% endif %}
        {%- endfor %}
    where false
    {%- for name in var(entity, []) %}
    union all by name
    select * from {{ ref(name) }}
    {%- endfor %}
)
{%- endmacro %}

{#
  The same with the service: as the source states its key, else the one of that name, else the only
  one that lives in the repository. The name stays where the contract has it.
#}
{% macro with_service(entity, derived=[], by_repository=false) -%}
(
    select
        told.* {% if "service_name" not in model.columns %}exclude (service_name){% endif %}
        replace (
            coalesce(
                told.service_id,
                aliases.service_id
                {%- if by_repository %}, owners.service_id{% endif %}
            ) as service_id
        )
    from (
        select cast(null as varchar) as service_name where false
        union all by name
        select * from {{ from_sources(entity, derived) }}
    ) as told
    left join {{ ref("service_aliases") }} as aliases on lower(told.service_name) = aliases.alias
    {%- if by_repository %}
    left join (
        select repository, min(service_id) as service_id
        from {{ ref("service_repositories") }}
        group by repository
        having count(distinct service_id) = 1
    ) as owners on told.repository = owners.repository
    {%- endif %}
)
{%- endmacro %}

{# Versions of a record by the time of reading, the newest marked. #}
{% macro numbered_versions(rows, key) -%}
select
    numbered.* replace (
        coalesce(
            numbered.is_current
            and (numbered.is_deleted or deletions.deleted_seen_at is not null),
            false
        ) as is_deleted,
        case
            when numbered.is_current
            then least(numbered.deleted_seen_at, deletions.deleted_seen_at)
        end as deleted_seen_at
    )
from (
    select
        *,
        row_number() over (
            partition by {{ key }} order by read_at, page_id, ordinal
        ) as version_number,
        row_number() over (
            partition by {{ key }} order by read_at desc, page_id desc, ordinal desc
        ) = 1 as is_current
    from {{ rows }}
) as numbered
left join (
    select page_id, ordinal, min(deleted_seen_at) as deleted_seen_at
    from {{ deletions() }}
    group by page_id, ordinal
) as deletions
    on numbered.page_id = deletions.page_id
    and numbered.ordinal = deletions.ordinal
{%- endmacro %}
