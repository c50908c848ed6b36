select
    source || ':' || upper(record_id) as vulnerability_id,
    upper(record_id) as cve_id,
    is_exploited,
    due_at,
    epss_ratio,
    created_at as listed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'vulnerabilities'
