select
    service_name,
    commit_sha,
    report_file,
    coalesce(suite, '') as suite,
    coalesce(class_name, '') as class_name,
    name as test_name,
    status,
    left(message, 500) as message,
    coalesce(attempt, 1) as attempt,
    duration_seconds,
    started_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'test_results'
