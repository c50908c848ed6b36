{{ config(kind="servicenow", stream="cmdb_ci", key=["sys_id"]) }}

select
    sys_id,
    name,
    nullif(class_name, '') as class_name,
    nullif(status, '') as operational_status,
    coalesce(nullif(group_name, ''), nullif(group_sys_id, '')) as owner,
    nullif(environment, '') as environment_name,
    nullif(correlation_id, '') as correlation_id,
    {{ instant("discovered") }} as last_discovered_at,
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
                "group_name": "$.support_group.display_value",
                "group_sys_id": "$.support_group.value",
                "environment": "$.environment",
                "correlation_id": "$.correlation_id",
                "discovered": "$.last_discovered",
                "updated": "$.sys_updated_on",
            }
        )
    }}
