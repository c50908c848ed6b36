{#
  Records that a whole run of their source did not show any more, and those that the source itself
  says it deleted.
#}
{{ after_staging() }}
select kind, stream, source, record_key, deleted_seen_at, page_id, ordinal
from {{ deletions() }}
union all
select
    'servicenow' as kind,
    table_name as stream,
    source,
    record_sys_id as record_key,
    read_at as deleted_seen_at,
    page_id,
    ordinal
from {{ newest("stg_servicenow__deletions", "source, sys_id") }}
