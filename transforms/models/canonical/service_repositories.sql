with
    declared as (
        select distinct service_id, unnest(repositories) as repository, path_globs
        from {{ ref("int_catalogue__current") }}
        where record_type = 'service'
    ),
    undeclared as (
        select repositories.default_service_id as service_id, repositories.repository
        from {{ ref("int_repositories") }} as repositories
        left join declared on repositories.repository = declared.repository
        where declared.repository is null
    ),
    service_repositories as (
        select service_id, repository, path_globs, true as is_declared
        from declared
        union all
        select service_id, repository, []::varchar[] as path_globs, false as is_declared
        from undeclared
    )
select *
from service_repositories
