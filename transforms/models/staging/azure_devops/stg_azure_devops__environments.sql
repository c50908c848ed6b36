{{ config(kind="azure_devops", stream="environments", key=["environment_number"]) }}

select
    try_cast(id as bigint) as environment_number,
    project,
    name,
    {{ lineage() }},
    {{ quarantine({"an environment without id": "try_cast(id as bigint) is null"}) }}
from {{ records({"id": "$.id", "name": "$.name"}, {"project": "$.project"}) }}
