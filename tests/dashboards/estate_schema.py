"""What the tables of the test estate say of themselves, as the models of the schema would."""

import duckdb

HOSTILE = "![](http://127.0.0.1:9/x.png) of a column, $5"


def create_schema(connection: duckdb.DuckDBPyConnection) -> None:
    """Create the tables of the schema from what is there; call it when the rest is."""
    connection.execute(
        f"""create table v1.schema_columns as
        select table_name, column_name, cast(column_index as bigint) as place,
            replace(data_type, '"NULL"', 'VARCHAR') as data_type,
            not is_nullable as is_required,
            case when column_name = 'service_id' then '{HOSTILE}'
                else 'What ' || column_name || ' says.' end as description
        from duckdb_columns() where schema_name = 'v1'"""
    )
    connection.execute(
        """create table v1.schema_tables as
        with found as (
            select table_name, 'table' as kind, cast(estimated_size as bigint) as row_count,
                cast(column_count as bigint) as column_count
            from duckdb_tables() where schema_name = 'v1'
            union all
            select view_name, 'view', null, cast(column_count as bigint)
            from duckdb_views() where schema_name = 'v1'
        )
        select *, case when starts_with(table_name, 'fct_') then 'facts' else 'metrics' end
                as layer,
            'One row per thing of ' || table_name || '.' as description,
            'team:release' as owner, starts_with(table_name, 'fct_') as is_contract_enforced,
            case when table_name = 'change_failure_rate' then ['fct_deployments', 'services']
                else [] end as made_from,
            case when table_name = 'fct_deployments' then ['github', 'jenkins'] else [] end
                as sources,
            case when table_name = 'fct_deployments'
                then ['change_failure_rate', 'incident_suspects'] else [] end as used_by
        from found"""
    )
