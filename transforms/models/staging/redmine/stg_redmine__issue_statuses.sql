{{ config(kind="redmine", stream="issue_statuses", key=["status_id"]) }}

select
    id as status_id,
    {{ redmine_status("status_name", "is_closed", "statuses") }} as status,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a status without id": "id is null",
                "a status without name": "status_name is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "status_name": "$.name",
                "is_closed": "$.is_closed",
            },
            context={"statuses": "$.statuses"},
        )
    }}
