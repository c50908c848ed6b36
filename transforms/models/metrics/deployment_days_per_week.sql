{{ metric(kind="days_per_week", domain="deployments") }} {{ deployment_observations() }}
