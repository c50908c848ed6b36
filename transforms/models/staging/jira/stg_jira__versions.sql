{{ config(kind="jira", stream="versions", key=["version_id"]) }}

select
    id as version_id,
    name,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a version without id": "id is null",
                "a version without name": "name is null",
            }
        )
    }}
from {{ records({"id": "$.id", "name": "$.name"}) }}
