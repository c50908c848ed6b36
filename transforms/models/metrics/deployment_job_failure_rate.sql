{{ metric(kind="ratio", domain="deployments") }}

{# every attempt at production counts, whether it got there or not #}
{{
    deployment_observations(
        value="(status = 'failed')::double",
        is_numerator="status = 'failed'",
        reason="when status not in ('succeeded', 'partial', 'failed') then status",
    )
}}
