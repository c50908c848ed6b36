{{ metric(kind="frequency", domain="incidents", is_per_service=true) }}

{{ incident_observations("1.0::double", is_open="incidents.is_open") }}
