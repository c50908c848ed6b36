{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{ change_observations("deploy_run_seconds", is_stage=true) }}
