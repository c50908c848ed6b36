{# What the provenance of each service's artifacts has to say: its own entry in policy.yml, else that of all. #}
with
    stated as (select * from {{ policy_rows("provenance") }}),
    chosen as (
        select services.service_id, coalesce(own.document, shared.document) as document
        from {{ ref("services") }} as services
        left join stated as own on services.service_id = own.policy_key
        left join stated as shared on shared.policy_key = '*'
    )
select
    service_id,
    json_extract_string(document, '$.builders[*].id') as builder_ids,
    list_transform(
        json_extract_string(document, '$.builders[*].level'),
        lambda level:cast(level as bigint)
    ) as builder_levels,
    coalesce(cast(document ->> '$.minimum_level' as bigint), 2) as minimum_level,
    coalesce(json_extract_string(document, '$.build_types[*]'), []) as build_types,
    coalesce(cast(document -> '$.parameters' as varchar), '{}') as parameters
from chosen
where document is not null
