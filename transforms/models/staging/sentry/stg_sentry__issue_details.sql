{{ config(kind="sentry", stream="issue_details", key=["issue_id"]) }}

select
    id as issue_id,
    state,
    first_version,
    cast(
        list_max(
            [
                try_cast(event."dateCreated" as timestamptz)
                for event in from_json(
                    try_cast(activity as json),
                    '[{"type": "VARCHAR", "dateCreated": "VARCHAR"}]'
                )
                if event.type like 'set_resolved%'
            ]
        ) at time zone 'UTC' as timestamp
    ) as resolved_at,
    {{ lineage() }},
    {{ quarantine({"an issue without id": "id is null"}) }}
from
    {{
        records(
            {
                "id": "$.id",
                "state": "$.status",
                "first_version": "$.firstRelease.version",
                "activity": "$.activity",
            }
        )
    }}
