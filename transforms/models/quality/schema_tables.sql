{#
  Every table and view that readers can ask for. A view of the file's own catalogue, so that it is
  true of whichever file is open; tables that no model makes say themselves what they are.
#}
{{ config(materialized="view") }}
with
    found as (
        select
            table_name,
            'table' as kind,
            estimated_size as row_count,
            column_count,
            comment
        from duckdb_tables()
        where database_name = current_database() and schema_name = '{{ this.schema }}'
        union all
        select view_name, 'view', null, column_count, comment
        from duckdb_views()
        where database_name = current_database() and schema_name = '{{ this.schema }}'
    ),
    described as (
        select
            found.*,
            descriptions.description,
            descriptions.owner,
            metrics.table_name as metric,
            coalesce(descriptions.layer, metrics.layer, 'quality') as layer,
            coalesce(descriptions.is_contract_enforced, false) as is_contract_enforced,
            coalesce(
                descriptions.made_from, metrics.made_from, cast([] as varchar[])
            ) as made_from,
            coalesce(
                descriptions.sources, metrics.sources, cast([] as varchar[])
            ) as sources
        from found
        left join
            {{ ref("table_descriptions") }} as descriptions
            on found.table_name = descriptions.table_name
        left join
            {# the rows behind a metric are made from what the metric is made from #}
            {{ ref("table_descriptions") }} as metrics
            on found.table_name = metrics.table_name || '_observations'
            and metrics.layer = 'metrics'
    ),
    uses as (
        select parent, list_sort(list(table_name)) as used_by
        from
            (
                select table_name, unnest(made_from) as parent
                from described
                where metric is null
            )
        group by parent
    )
select
    described.table_name,
    described.kind,
    described.layer,
    cast(described.row_count as bigint) as row_count,
    cast(described.column_count as bigint) as column_count,
    coalesce(described.comment, described.description) as description,
    described.owner,
    described.is_contract_enforced,
    described.made_from,
    described.sources,
    coalesce(uses.used_by, cast([] as varchar[])) as used_by
from described
left join uses on described.table_name = uses.parent
