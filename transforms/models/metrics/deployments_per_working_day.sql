{{ metric(kind="frequency", domain="deployments", per="working_day") }}

{{ deployment_observations() }}
