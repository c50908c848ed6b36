{{ metric(kind="median", domain="deployments", is_counted_once=true) }}

{{
    change_observations(
        "merge_to_deploy_seconds",
        reason="when merged_at > deployed_at then 'negative_duration'",
    )
}}
