{{ config(kind="argocd", stream="projects", key=["name"]) }}

select
    name,
    list_transform(
        coalesce(json_extract(record, '$.spec.syncWindows[*]'), []),
        lambda entry:struct_pack(
            id := md5(cast(entry as varchar)),
            kind := lower(entry ->> '$.kind'),
            title := nullif(entry ->> '$.description', ''),
            schedule := entry ->> '$.schedule',
            duration := entry ->> '$.duration',
            timezone := nullif(entry ->> '$.timeZone', ''),
            allows_overrun := (entry ->> '$.syncOverrun') = 'true',
            applications
            := coalesce(json_extract_string(entry, '$.applications[*]'), []),
            namespaces := coalesce(json_extract_string(entry, '$.namespaces[*]'), []),
            clusters := coalesce(json_extract_string(entry, '$.clusters[*]'), []),
            needs_all := (entry ->> '$.andOperator') = 'true'
        )
    ) as windows,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a project without name": "name is null",
                "a project whose sync windows are no list": "json_type(record, '$.spec.syncWindows') not in ('ARRAY', 'NULL')",
            }
        )
    }}
from {{ records({"name": "$.metadata.name"}) }}
