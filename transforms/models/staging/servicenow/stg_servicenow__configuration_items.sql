{{ config(kind="servicenow", stream="cmdb_ci", key=["sys_id"]) }}

select
    sys_id,
    name,
    nullif(class_name, '') as class_name,
    nullif(status, '') as operational_status,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {"a configuration item without sys_id": "nullif(sys_id, '') is null"}
        )
    }}
from
    {{
        records(
            {
                "sys_id": "$.sys_id",
                "name": "$.name",
                "class_name": "$.sys_class_name",
                "status": "$.operational_status",
                "criticality": "$.busines_criticality",
                "updated": "$.sys_updated_on",
            }
        )
    }}
