{{ config(kind="sonarqube", stream="projects", key=["project_key"]) }}

select
    key as project_key,
    name,
    {{ lineage() }},
    {{ quarantine({"a project without key": "key is null"}) }}
from {{ records({"key": "$.key", "name": "$.name"}) }}
