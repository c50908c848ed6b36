{{ config(kind="servicenow", stream="cmdb_rel_ci", key=["sys_id"]) }}

select
    sys_id,
    nullif(parent, '') as parent_sys_id,
    nullif(child, '') as child_sys_id,
    nullif(type, '') as relation_type,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{ quarantine({"a relation without sys_id": "nullif(sys_id, '') is null"}) }}
from
    {{
        records(
            {
                "sys_id": "$.sys_id",
                "parent": "$.parent.value",
                "child": "$.child.value",
                "type": "$.type.value",
                "updated": "$.sys_updated_on",
            }
        )
    }}
