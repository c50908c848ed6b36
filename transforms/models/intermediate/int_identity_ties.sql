{# An address that several logins of one source use (a shared machine, a team) joins nobody. #}
with
    told as (
        select
            cast(null as varchar) as login_id,
            cast(null as varchar) as address_id,
            cast(null as varchar) as source
        where false
        {%- for name in var("identity_ties", []) %}
            union all by name
            select *
            from {{ ref(name) }}
        {%- endfor %}
    ),
    ties as (
        select source, address_id, min(login_id) as login_id
        from told
        group by source, address_id
        having count(distinct login_id) = 1
    )
select *
from ties
