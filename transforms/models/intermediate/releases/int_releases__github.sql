with
    host_releases as (
        select *
        from
            {{
                newest(
                    "stg_github__releases", "source, repository, source_release_id"
                )
            }}
    ),
    releases as (
        select
            source || ':' || source_release_id as release_id,
            repository,
            tag,
            name,
            source_url,
            is_draft,
            is_prerelease,
            created_at,
            published_at,
            source,
            page_id,
            ordinal,
            read_at
        from host_releases
    )
select *
from releases
