{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{ change_observations("deploy_wait_seconds", is_stage=true) }}
