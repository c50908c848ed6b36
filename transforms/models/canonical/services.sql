with
    declared as (
        select
            service_id,
            arg_max(
                coalesce(name, service_id),
                coalesce(effective_from_date, date '1900-01-01')
            ) as name,
            try_cast(
                arg_max(
                    tier, coalesce(effective_from_date, date '1900-01-01')
                ) as bigint
            ) as tier,
            arg_max(
                team_id, coalesce(effective_from_date, date '1900-01-01')
            ) as team_id,
            true as is_declared,
            max(active_from_date) as active_from_date,
            max(active_to_date) as active_to_date
        from {{ ref("int_catalogue__current") }}
        where record_type = 'service' and service_id is not null
        group by service_id
    ),
    repositories as (
        select service_id, bool_or(is_declared) as is_declared
        from {{ ref("service_repositories") }}
        group by service_id
    ),
    services as (
        select *
        from declared
        union all
        select
            repositories.service_id,
            repositories.service_id as name,
            null as tier,
            null as team_id,
            false as is_declared,
            null as active_from_date,
            null as active_to_date
        from repositories
        left join declared on repositories.service_id = declared.service_id
        where declared.service_id is null
    )
select *
from services
