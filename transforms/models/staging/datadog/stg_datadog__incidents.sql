{{ config(kind="datadog", stream="incidents", key=["incident_id"]) }}

select
    id as incident_id,
    public_id as number,
    {{ masked("title") }} as title,
    lower(coalesce(state, field_state)) as state,
    try_cast(
        regexp_extract(
            coalesce(severity, field_severity), '(?i)^sev-?([0-9])$', 1
        ) as bigint
    ) as severity,
    json_extract_string(try_cast(services as json), '$[*]') as services,
    coalesce(is_test = 'true', false) as is_test,
    {{ instant("detected") }} as detected_at,
    {{ instant("created") }} as created_at,
    {{ instant("resolved") }} as resolved_at,
    {{ instant("impact_start") }} as impact_started_at,
    {{ instant("modified") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an incident without id": "id is null",
                "an incident without creation time": "try_cast(created as timestamptz) is null",
            }
        )
    }}
from
    {{
        records(
            {
                "id": "$.id",
                "public_id": "$.attributes.public_id",
                "title": "$.attributes.title",
                "state": "$.attributes.state",
                "field_state": "$.attributes.fields.state.value",
                "severity": "$.attributes.severity",
                "field_severity": "$.attributes.fields.severity.value",
                "services": "$.attributes.fields.services.value",
                "is_test": "$.attributes.is_test",
                "detected": "$.attributes.detected",
                "created": "$.attributes.created",
                "resolved": "$.attributes.resolved",
                "impact_start": "$.attributes.customer_impact_start",
                "modified": "$.attributes.modified",
            }
        )
    }}
