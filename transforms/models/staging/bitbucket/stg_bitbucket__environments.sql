{{
    config(
        kind="bitbucket",
        stream="environments",
        key=["repository", "environment_uuid"],
    )
}}

select
    repository,
    uuid as environment_uuid,
    name,
    {{ lineage() }},
    {{ quarantine({"an environment without uuid": "uuid is null"}) }}
from {{ records({"uuid": "$.uuid", "name": "$.name"}, {"repository": "$.repository"}) }}
