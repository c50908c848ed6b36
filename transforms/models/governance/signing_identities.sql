{# Who should have signed a service's artifacts, and which scans it needs: policy.yml, else its repositories. #}
with
    stated as (
        select
            policy_key as service_id,
            document ->> '$.repository' as repository,
            document ->> '$.builder' as builder_id,
            try_cast(document ->> '$.key_ids' as varchar[]) as key_ids,
            try_cast(document ->> '$.required_scans' as varchar[]) as required_scans
        from {{ policy_rows("signing") }}
    ),
    owned as (
        select service_id, list_sort(list(distinct lower(repository))) as repositories
        from {{ ref("service_repositories") }}
        group by service_id
    )
select
    services.service_id,
    case
        when stated.repository is null
        then coalesce(owned.repositories, [])
        else [lower(stated.repository)]
    end as repositories,
    stated.builder_id,
    coalesce(stated.key_ids, []) as key_ids,
    coalesce(
        stated.required_scans, ['dependency', 'static_analysis']
    ) as required_scans,
    stated.service_id is not null as is_stated
from {{ ref("services") }} as services
left join stated on services.service_id = stated.service_id
left join owned on services.service_id = owned.service_id
