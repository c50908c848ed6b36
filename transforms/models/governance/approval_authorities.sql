{# Which role may approve production deployments of services of which tier. #}
with
    stated as (
        select role_name, unnest(approves_tiers) as tier, origin
        from {{ ref("entitlement_roles") }}
    ),
    overridden as (
        select role_name from {{ ref("entitlement_roles") }} where origin = 'policy'
    )
select role_name, tier, origin
from stated
union all
select role_name, tier, origin
from {{ ref("approval_authority_defaults") }}
where role_name not in (select role_name from overridden)
