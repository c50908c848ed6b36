{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{ change_observations("working_seconds") }}
