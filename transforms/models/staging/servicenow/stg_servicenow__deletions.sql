{{ config(kind="servicenow", stream="sys_audit_delete", key=["sys_id"]) }}

select
    sys_id,
    table_name,
    nullif(row_key, '') as record_sys_id,
    {{ instant("created") }} as deleted_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a deletion without sys_id": "nullif(sys_id, '') is null",
                "a deletion without record": "nullif(row_key, '') is null",
            }
        )
    }}
from
    {{
        records(
            {
                "sys_id": "$.sys_id",
                "table_name": "$.tablename",
                "row_key": "$.documentkey",
                "created": "$.sys_created_on",
            }
        )
    }}
