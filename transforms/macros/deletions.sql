{#
  Rows of ServiceNow records, and of each that was deleted since one more: its last version with
  another state, as of the read that told of the deletion.
#}
{% macro with_deletions(rows, key, table, state_column, state) -%}
select *
from {{ rows }}
union all by name
select
    last_versions.* replace (
        '{{ state }}' as {{ state_column }},
        deletions.page_id as page_id,
        deletions.ordinal as ordinal,
        deletions.read_at as read_at
    ),
    true as is_deleted,
    deletions.read_at as deleted_seen_at
from (
    select *
    from {{ rows }}
    qualify
        row_number() over (
            partition by {{ key }} order by read_at desc, page_id desc, ordinal desc
        ) = 1
) as last_versions
inner join {{ newest("stg_servicenow__deletions", "source, sys_id") }} as deletions
    on last_versions.{{ key }} = deletions.source || ':' || deletions.record_sys_id
    and deletions.table_name = '{{ table }}'
    and last_versions.read_at < deletions.read_at
{%- endmacro %}
