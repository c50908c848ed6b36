{{ config(kind="pagerduty", stream="log_entries", key=["log_entry_id"]) }}

select
    id as log_entry_id,
    incident_id,
    replace(type, '_log_entry', '') as type,
    {{ pseudonym("agent") }} as actor_id,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a log entry without id": "id is null",
                "a log entry without time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "type": "$.type",
                "incident_id": "$.incident.id",
                "agent": "$.agent.id",
                "created": "$.created_at",
            }
        )
    }}
