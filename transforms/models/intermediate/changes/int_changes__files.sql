select
    source || ':' || record_id as change_id,
    repository,
    record_number as pull_number,
    person_id as author_id,
    merge_commit_sha,
    title,
    state,
    branch as base_branch,
    source_url,
    coalesce(labels, []) as labels,
    false as is_bot,
    false as is_draft,
    merged_at is not null as is_merged,
    created_at,
    merged_at,
    coalesce(closed_at, merged_at) as closed_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_files__rows", "source, entity, row_key") }}
where entity = 'changes'
