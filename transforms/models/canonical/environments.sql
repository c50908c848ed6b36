{#
  Tiers come from configuration; the exact names "production" and "prod" need none, nor does an
  environment whose host states its tier.
#}
with
    declared as (
        select lower(name) as environment_id, max(name) as name, max(tier) as tier
        from {{ ref("int_catalogue__current") }}
        where record_type = 'environment' and name is not null
        group by lower(name)
    ),
    seen as (
        select environment_id, min(name) as name, min(tier) as tier
        from
            (
                select environment_id, name, tier
                from {{ from_sources("environments", ["is_declared"]) }}
                union all
                select environment_id, environment_id as name, null as tier
                from {{ ref("deployments") }}
                union all
                select
                    'production' as environment_id, 'production' as name, null as tier
            )
        where environment_id is not null
        group by environment_id
    ),
    environments as (
        select
            coalesce(declared.environment_id, seen.environment_id) as environment_id,
            coalesce(declared.name, seen.name) as name,
            coalesce(
                declared.tier,
                case
                    when seen.environment_id in ('production', 'prod') then 'production'
                end,
                seen.tier,
                'unknown'
            ) as tier,
            declared.environment_id is not null as is_declared
        from seen
        full join declared on seen.environment_id = declared.environment_id
    )
select
    environment_id,
    max(name) as name,
    max(tier) as tier,
    bool_or(is_declared) as is_declared
from environments
group by environment_id
