{{ metric(kind="ratio", domain="deployments") }}

{# a rollback is rework too; deploying the same thing again is neither #}
{{
    deployment_observations(
        value="(kind in ('rework', 'rollback'))::double",
        is_numerator="kind in ('rework', 'rollback')",
        reason="when not reached_production then 'did_not_reach_production' when kind = 'redeploy' then kind",
    )
}}
