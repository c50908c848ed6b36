with
    project_releases as (
        select * from {{ newest("stg_gitlab__releases", "source, project_id, tag") }}
    ),
    releases as (
        select
            source || ':' || repository || '@' || tag as release_id,
            repository,
            tag,
            name,
            source_url,
            coalesce(is_upcoming, false) as is_draft,
            false as is_prerelease,
            created_at,
            published_at,
            source,
            page_id,
            ordinal,
            read_at
        from project_releases
    )
select *
from releases
