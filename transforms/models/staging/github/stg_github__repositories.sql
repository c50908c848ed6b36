{{ config(kind="github", stream="repositories", key=["repository"]) }}

select
    full_name as repository,
    html_url as source_url,
    default_branch,
    archived = 'true' as is_archived,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{ quarantine({"a repository without full_name": "full_name is null"}) }}
from
    {{
        records(
            {
                "full_name": "$.full_name",
                "html_url": "$.html_url",
                "default_branch": "$.default_branch",
                "created": "$.created_at",
                "archived": "$.archived",
            }
        )
    }}
