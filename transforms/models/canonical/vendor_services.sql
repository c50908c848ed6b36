{# Services that need a vendor: those that fit one of the patterns that policy.yml states. #}
with
    stated as (
        select
            policy_key as vendor_id,
            unnest(try_cast(document ->> '$.services' as varchar[])) as pattern
        from {{ policy_rows("vendors") }}
    ),
    names as (
        select service_id, alias as name
        from {{ ref("service_aliases") }}
        union
        select service_id, lower(service_id) as name
        from {{ ref("services") }}
    )
select distinct stated.vendor_id, names.service_id
from stated
inner join names on names.name like {{ like_pattern("stated.pattern") }} escape '!'
