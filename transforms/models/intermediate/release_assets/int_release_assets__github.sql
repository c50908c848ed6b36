with
    releases as (
        select *
        from
            {{
                newest(
                    "stg_github__releases", "source, repository, source_release_id"
                )
            }}
    ),
    files as (select *, unnest(assets) as asset from releases)
select
    source || ':' || asset.id as release_asset_id,
    source || ':' || source_release_id as release_id,
    repository,
    tag,
    asset.name as name,
    asset.state as state,
    asset.content_type as content_type,
    asset.size as size_bytes,
    asset.digest as digest,
    {{ instant("asset.created_at") }} as created_at,
    {{ instant("asset.updated_at") }} as source_updated_at,
    asset.browser_download_url as source_url,
    source,
    page_id,
    ordinal,
    read_at
from files
where asset.id is not null
