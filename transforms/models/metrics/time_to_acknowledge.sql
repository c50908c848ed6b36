{{ metric(kind="survival", domain="incidents", is_per_service=true) }}

{{
    incident_observations(
        "incidents.acknowledge_seconds",
        is_open="incidents.is_unacknowledged",
        reason="when incidents.severity > 2 then 'severity_below_2'"
        " when incidents.acknowledged_at is null and not incidents.is_unacknowledged then 'never_acknowledged'"
        " when incidents.acknowledged_at < incidents.detected_at - interval 120 seconds then 'negative_duration'",
    )
}}
