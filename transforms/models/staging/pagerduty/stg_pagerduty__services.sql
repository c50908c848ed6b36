{{ config(kind="pagerduty", stream="services", key=["source_service_id"]) }}

select
    id as source_service_id,
    name,
    status,
    policy as escalation_policy_id,
    html_url as source_url,
    {{ instant("created") }} as created_at,
    {{ lineage() }},
    {{ quarantine({"a service without id": "id is null"}) }}
from
    {{
        records(
            {
                "id": "$.id",
                "name": "$.name",
                "status": "$.status",
                "policy": "$.escalation_policy.id",
                "html_url": "$.html_url",
                "created": "$.created_at",
            }
        )
    }}
