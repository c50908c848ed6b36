{{ metric(kind="median", domain="incidents", is_per_service=true) }}

{{
    incident_observations(
        "incidents.detect_seconds",
        is_open="false",
        reason="when incidents.severity > 2 then 'severity_below_2'"
        " when incidents.impact_started_field <> 'impact_started_at' then 'impact_start_not_stated'"
        " when incidents.detected_at < incidents.impact_started_at - interval 120 seconds then 'negative_duration'",
    )
}}
