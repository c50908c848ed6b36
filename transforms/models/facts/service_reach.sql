{# The shortest way from each service to every one it depends on, at most three hops; itself with 0. #}
with recursive
    walked as (
        select service_id, service_id as upstream_service_id, 0::bigint as hop_count
        from {{ ref("services") }}
        union
        select walked.service_id, dependencies.upstream_service_id, walked.hop_count + 1
        from walked
        inner join
            {{ ref("service_dependencies") }} as dependencies
            on walked.upstream_service_id = dependencies.service_id
        where walked.hop_count < 3
    )
select service_id, upstream_service_id, min(hop_count) as hop_count
from walked
group by service_id, upstream_service_id
