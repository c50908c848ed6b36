{{ metric(kind="median", domain="deployments") }}

{{ deployment_observations(value="change_count::double", is_numerator="false") }}
