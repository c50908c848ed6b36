with
    authors as (
        select deployment_id, count(distinct author_id) as author_count
        from {{ ref("fct_changes") }}
        where deployment_id is not null and author_id is not null
        group by deployment_id
    )
select
    deployment_id,
    case
        when author_count = 1
        then '1 author'
        when author_count <= 3
        then '2 or 3 authors'
        else '4 or more authors'
    end as level,
    case
        when author_count = 1 then 1 when author_count <= 3 then 2 else 3
    end as level_order
from authors
