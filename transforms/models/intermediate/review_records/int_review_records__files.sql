select
    source || ':' || record_id as review_record_id,
    kind,
    subject_type,
    subject_id,
    service_name,
    person_id as author_id,
    due_at,
    held_at,
    published_at,
    contents,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'review_records'
