{{ config(kind="git", stream="repository", key=["repository"]) }}

select
    name as repository,
    is_shallow = 'true' as is_shallow,
    is_partial = 'true' as is_partial,
    has_commit_graph = 'true' as has_commit_graph,
    try_cast(root_count as bigint) as root_count,
    changed_paths,
    patch_ids,
    {{ lineage() }},
    {{ quarantine({"a repository without name": "name is null"}) }}
from
    {{
        records(
            {
                "name": "$.name",
                "is_shallow": "$.is_shallow",
                "is_partial": "$.is_partial",
                "root_count": "$.root_count",
                "has_commit_graph": "$.has_commit_graph",
                "changed_paths": "$.changed_paths",
                "patch_ids": "$.patch_ids",
            }
        )
    }}
