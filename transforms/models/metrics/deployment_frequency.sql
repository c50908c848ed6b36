{{ metric(kind="frequency", domain="deployments") }} {{ deployment_observations() }}
