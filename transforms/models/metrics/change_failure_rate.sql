{{ metric(kind="ratio", domain="deployments") }}

{{ deployment_observations(value="is_failed::double", is_numerator="is_failed") }}
