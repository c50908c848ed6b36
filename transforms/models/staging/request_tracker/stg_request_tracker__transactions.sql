{{ config(kind="request_tracker", stream="transactions", key=["transaction_id"]) }}

select
    id as transaction_id,
    object_id as ticket_id,
    case transaction_type when 'Status' then 'status' else 'queue' end as changed_field,
    lower(old_value) as old_value,
    lower(new_value) as new_value,
    {{ set_instant("created") }} as changed_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a transaction without id": "id is null",
                "a transaction without ticket": "nullif(object_id, '') is null",
                "a transaction without time": set_instant("created") ~ " is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "object_id": "$.ObjectId",
                "transaction_type": "$.Type",
                "old_value": "$.OldValue",
                "new_value": "$.NewValue",
                "created": "$.Created",
            }
        )
    }}
