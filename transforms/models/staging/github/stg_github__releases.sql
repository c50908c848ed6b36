{{ config(kind="github", stream="releases", key=["repository", "source_release_id"]) }}

select
    repository,
    try_cast(id as bigint) as source_release_id,
    tag,
    name,
    html_url as source_url,
    draft = 'true' as is_draft,
    prerelease = 'true' as is_prerelease,
    {# without who uploaded them #}
    from_json(
        try_cast(assets as json),
        '[{"id": "BIGINT", "name": "VARCHAR", "state": "VARCHAR", "content_type": "VARCHAR", "size": "BIGINT", "digest": "VARCHAR", "browser_download_url": "VARCHAR", "created_at": "VARCHAR", "updated_at": "VARCHAR"}]'
    ) as assets,
    {{ instant("created") }} as created_at,
    {{ instant("published") }} as published_at,
    {{ lineage() }},
    {{ quarantine({"a release without id": "try_cast(id as bigint) is null"}) }}
from
    {{
        records(
            {
                "id": "$.id",
                "tag": "$.tag_name",
                "name": "$.name",
                "html_url": "$.html_url",
                "draft": "$.draft",
                "prerelease": "$.prerelease",
                "assets": "$.assets",
                "created": "$.created_at",
                "published": "$.published_at",
            },
            {"repository": "$.repository"},
        )
    }}
