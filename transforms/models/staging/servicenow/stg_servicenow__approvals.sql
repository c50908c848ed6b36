{{ config(kind="servicenow", stream="sysapproval_approver", key=["sys_id"]) }}

select
    sys_id,
    nullif(subject, '') as subject_sys_id,
    nullif(state, '') as state,
    {{ pseudonym("approver") }} as approver_id,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{ quarantine({"an approval without sys_id": "nullif(sys_id, '') is null"}) }}
from
    {{
        records(
            {
                "sys_id": "$.sys_id",
                "subject": "$.sysapproval.value",
                "approver": "$.approver.value",
                "state": "$.state",
                "comments": "$.comments",
                "created": "$.sys_created_on",
                "updated": "$.sys_updated_on",
            }
        )
    }}
