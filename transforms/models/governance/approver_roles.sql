{# Who could decide what, and when, as policy.yml said: one row per role, person and time. #}
with
    named as (
        select
            policy_key as role_name,
            unnest(try_cast(document ->> '$.people' as varchar[])) as person_name,
            held_from_at,
            held_to_at
        from {{ policy_holdings("approvers") }}
    )
select distinct
    role_name,
    {{ person_of("lower(trim(named.person_name))") }} as person_id,
    held_from_at,
    held_to_at
from named
