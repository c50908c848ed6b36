{{ config(kind="datadog", stream="downtimes", key=["downtime_id"]) }}

select
    id as downtime_id,
    {{ masked("message") }} as message,
    lower(status) as state,
    scope,
    coalesce(timezone, display_timezone) as timezone,
    from_json(
        try_cast(recurrences as json),
        '[{"rrule": "VARCHAR", "duration": "VARCHAR", "start": "VARCHAR"}]'
    ) as recurrences,
    {{ instant("starts") }} as starts_at,
    {{ instant("coalesce(canceled, ends)") }} as ends_at,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a downtime without id": "id is null",
                "a downtime without schedule": "recurrences is null and try_cast(starts as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "message": "$.attributes.message",
                "status": "$.attributes.status",
                "scope": "$.attributes.scope",
                "display_timezone": "$.attributes.display_timezone",
                "timezone": "$.attributes.schedule.timezone",
                "recurrences": "$.attributes.schedule.recurrences",
                "starts": "$.attributes.schedule.start",
                "ends": "$.attributes.schedule.end",
                "canceled": "$.attributes.canceled",
                "created": "$.attributes.created",
            }
        )
    }}
