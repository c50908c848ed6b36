{{ config(kind="gitlab", stream="environments", key=["source_environment_id"]) }}

select
    try_cast(id as bigint) as source_environment_id,
    repository,
    name,
    lower(tier) as tier,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an environment without id": "try_cast(id as bigint) is null",
                "an environment without name": "name is null",
            }
        )
    }}
from
    {{
        records(
            {"id": "$.id", "name": "$.name", "tier": "$.tier"},
            {"repository": "$.repository"},
        )
    }}
