{{
    config(
        kind="jira",
        stream="approvals",
        key=["issue_id", "approval_id", "approver_id"],
        known_values={"decision": ["approved", "declined", "pending"]},
    )
}}

select
    issue_id,
    approval_id,
    coalesce({{ pseudonym("approver") }}, '') as approver_id,
    final_decision,
    decision,
    {{ epoch_instant("created", per_second=1000) }} as created_at,
    {{ epoch_instant("completed", per_second=1000) }} as completed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an approval without id": "approval_id is null",
                "an approval without request": "issue_id is null",
            }
        )
    }}
from
    {{
        records(
            {
                "issue_id": "$.issue_id",
                "approval_id": "$.approval_id",
                "approver": "$.approver",
                "final_decision": "$.final_decision",
                "decision": "$.decision",
                "created": "$.created",
                "completed": "$.completed",
            }
        )
    }}
