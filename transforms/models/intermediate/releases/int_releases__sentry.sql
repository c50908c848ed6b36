select
    source || ':' || version as release_id,
    commit_repository as repository,
    version as tag,
    short_version as name,
    source_url,
    false as is_draft,
    false as is_prerelease,
    created_at,
    released_at as published_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_sentry__releases", "source, version") }}
