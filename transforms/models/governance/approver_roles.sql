{# Who may decide what, as policy.yml says: one row per role and person. #}
with
    named as (
        select
            policy_key as role_name,
            unnest(try_cast(document ->> '$.people' as varchar[])) as person_name
        from {{ policy_rows("approvers") }}
    )
select distinct
    role_name, {{ person_of("lower(trim(named.person_name))") }} as person_id
from named
