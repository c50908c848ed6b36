{# Who stood in for whom, and when, as policy.yml said: one row per person, delegate and time. #}
with
    named as (
        select
            policy_key as person_name,
            unnest(try_cast(document ->> '$.people' as varchar[])) as delegate_name,
            held_from_at,
            held_to_at
        from {{ policy_holdings("delegates") }}
    )
select distinct
    {{ person_of("lower(trim(named.person_name))") }} as person_id,
    {{ person_of("lower(trim(named.delegate_name))") }} as delegate_id,
    held_from_at,
    held_to_at
from named
