{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{ change_observations("coding_seconds", is_stage=true) }}
