{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{ change_observations("merge_wait_seconds", is_stage=true, needs="approval") }}
