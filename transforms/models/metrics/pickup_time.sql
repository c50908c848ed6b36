{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{ change_observations("pickup_seconds", is_stage=true, needs="first_review") }}
