{# Deployments of one pipeline run are one release; it failed when any of them did. #}
with
    deployments as (
        select *
        from {{ ref("fct_deployments") }}
        where
            environment_tier = 'production'
            and exclusion_reason is null
            and reached_production
            and is_change
    ),
    releases as (
        select
            release_id,
            count(*) as deployment_count,
            count(distinct service_id) as service_count,
            bool_or(is_failed) as is_failed,
            max(finished_date) as finished_date,
            min(started_at) as started_at,
            max(finished_at) as finished_at
        from deployments
        group by release_id
    )
select *
from releases
