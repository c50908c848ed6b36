{# What a readiness review asks of a release, and the roles whose approval it needs, as policy.yml says. #}
with
    items as (
        select
            policy_key as item,
            'item' as kind,
            document ->> '$.title' as title,
            document ->> '$.judged_by' as judged_by,
            document ->> '$.control' as control_id,
            document ->> '$.measure' as measure,
            document ->> '$.owner_role' as owner_role,
            coalesce(cast(document -> '$.tiers' as bigint[]), []) as tiers,
            coalesce(cast(document ->> '$.weight' as double), 1) as weight,
            coalesce(cast(document ->> '$.veto' as boolean), false) as is_veto,
            coalesce(
                cast(document ->> '$.emergency' as boolean), false
            ) as is_asked_in_emergency,
            coalesce(
                cast(document ->> '$.urgent_work_passes' as boolean), false
            ) as is_passed_by_urgent_work
        from {{ policy_rows("readiness") }}
    ),
    roles as (
        select
            policy_key as item,
            'role' as kind,
            policy_key as title,
            'approval' as judged_by,
            null::varchar as control_id,
            null::varchar as measure,
            policy_key as owner_role,
            coalesce(cast(document -> '$.tiers' as bigint[]), []) as tiers,
            null::double as weight,
            false as is_veto,
            coalesce(
                cast(document ->> '$.emergency' as boolean), true
            ) as is_asked_in_emergency,
            false as is_passed_by_urgent_work
        from {{ policy_rows("readiness_roles") }}
    )
select *
from items
union all
select *
from roles
