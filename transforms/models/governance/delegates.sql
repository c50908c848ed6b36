{# Who stands in for whom, as policy.yml says: one row per person and delegate. #}
with
    named as (
        select
            policy_key as person_name,
            unnest(try_cast(document ->> '$.people' as varchar[])) as delegate_name
        from {{ policy_rows("delegates") }}
    )
select distinct
    {{ person_of("lower(trim(named.person_name))") }} as person_id,
    {{ person_of("lower(trim(named.delegate_name))") }} as delegate_id
from named
