{{ config(kind="statuspage", stream="components", key=["component_id"]) }}

select
    id as component_id,
    name,
    {{ lineage() }},
    {{ quarantine({"a component without id": "id is null"}) }}
from {{ records({"id": "$.id", "name": "$.name"}) }}
