{{
    config(
        kind="opsgenie",
        stream="alerts",
        key=["alert_key"],
        known_values={"status": ["open", "closed"]},
    )
}}

with
    alerts as (
        select
            *,
            list_filter(
                try_cast(tags as varchar[]),
                lambda tag:starts_with(tag, nullif(service_tag, ''))
            )[1] as named_tag
        from
            {{
                records(
                    {
                        "id": "$.id",
                        "title": "$.message",
                        "status": "$.status",
                        "priority": "$.priority",
                        "tags": "$.tags",
                        "integration": "$.integration.name",
                        "close_milliseconds": "$.report.closeTime",
                        "occurred": "$.lastOccurredAt",
                        "created": "$.createdAt",
                        "updated": "$.updatedAt",
                    },
                    context={"service_tag": "$.service_tag"},
                )
            }}
    )
select
    id as alert_key,
    title,
    lower(status) as status,
    priority,
    substr(named_tag, length(service_tag) + 1) as service_name,
    cast(
        json_object(
            'integration', integration, 'tags', try_cast(tags as json)
        ) as varchar
    ) as labels,
    try_cast(close_milliseconds as bigint) as close_milliseconds,
    {{ instant("occurred") }} as last_occurred_at,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an alert without id": "id is null",
                "an alert without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from alerts
