{# What a role of another system is and allows: by policy.yml, else by Leadline's own list. #}
with
    stated as (
        select
            lower(trim(policy_key)) as role_name,
            document ->> '$.kind' as kind,
            coalesce(try_cast(document ->> '$.writes' as boolean), false) as is_writing,
            coalesce(
                try_cast(document ->> '$.deploys_to_production' as boolean), false
            ) as deploys_to_production,
            coalesce(
                try_cast(document ->> '$.edits_policy' as boolean), false
            ) as edits_policy,
            coalesce(
                try_cast(document ->> '$.approves_tiers' as bigint[]), []
            ) as approves_tiers
        from {{ policy_rows("entitlements") }}
    ),
    defaults as (
        select *
        from {{ ref("entitlement_defaults") }}
        where role_name not in (select role_name from stated)
    )
select
    role_name,
    kind,
    is_writing,
    deploys_to_production,
    edits_policy,
    is_writing or deploys_to_production or edits_policy as is_privileged,
    approves_tiers,
    'policy' as origin
from stated
union all
select
    role_name,
    kind,
    is_writing,
    deploys_to_production,
    edits_policy,
    is_writing or deploys_to_production or edits_policy,
    [],
    origin
from defaults
