{{ metric(kind="survival", domain="incidents", is_per_service=true) }}

{{
    incident_observations(
        "incidents.restore_seconds",
        is_open="incidents.is_open",
        reason="when incidents.severity > 2 then 'severity_below_2'",
    )
}}
