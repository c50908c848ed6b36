{# With the tier that GitLab states, where the projects that have the environment agree. #}
with
    environments as (
        select
            lower(name) as environment_id,
            name,
            case
                tier
                when 'production'
                then 'production'
                when 'staging'
                then 'staging'
                when 'testing'
                then 'test'
                when 'development'
                then 'development'
            end as tier
        from {{ newest("stg_gitlab__environments", "source, source_environment_id") }}
    )
select
    environment_id,
    min(name) as name,
    case when count(distinct tier) = 1 then min(tier) end as tier
from environments
group by environment_id
