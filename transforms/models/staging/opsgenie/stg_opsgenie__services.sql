{{ config(kind="opsgenie", stream="services", key=["source_service_id"]) }}

select
    id as source_service_id,
    name,
    {{ lineage() }},
    {{ quarantine({"a service without id": "id is null"}) }}
from {{ records({"id": "$.id", "name": "$.name"}) }}
