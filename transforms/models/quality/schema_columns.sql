{#
  Every column that readers can ask for. A view of the file's own catalogue, so that it is true of
  whichever file is open; tables that no model makes say themselves what their columns hold.
#}
{{ config(materialized="view") }}
select
    columns.table_name,
    columns.column_name,
    cast(columns.column_index as bigint) as place,
    columns.data_type,
    not columns.is_nullable as is_required,
    coalesce(
        columns.comment, descriptions.description, shared.description
    ) as description
from duckdb_columns() as columns
left join
    {{ ref("column_descriptions") }} as descriptions
    on columns.table_name = descriptions.table_name
    and columns.column_name = descriptions.column_name
left join
    {# the rows behind a metric have one shape #}
    (
        values
            ('observation_id', 'Key of the row: a deployment, change or incident.'),
            ('service_id', 'Service that the row belongs to.'),
            ('team_id', 'Team that owned the service then.'),
            ('value', 'What the row adds to the number, in its unit.'),
            ('is_numerator', 'The row counts in the numerator of a rate.'),
            ('is_open', 'Not over at as-of; counted as censored.'),
            ('is_bot', 'Work of a bot.'),
            ('is_shared', 'Other services may have the same row.'),
            ('exclusion_reason', 'Why the row is left out; null when it counts.'),
            ('label', 'What people call the row.'),
            ('source_url', 'Address of the record in its source.'),
            ('anchor_date', 'Day that decides the period, in the report zone.'),
            ('anchor_at', 'Instant that decides the period (UTC).')
    ) as shared(column_name, description)
    on columns.column_name = shared.column_name
    and ends_with(columns.table_name, '_observations')
where
    columns.database_name = current_database()
    and columns.schema_name = '{{ this.schema }}'
