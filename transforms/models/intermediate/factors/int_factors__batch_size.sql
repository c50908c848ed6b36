select
    deployment_id,
    case
        when change_count = 1
        then '1 change'
        when change_count <= 5
        then '2 to 5 changes'
        when change_count <= 15
        then '6 to 15 changes'
        else '16 or more changes'
    end as level,
    case
        when change_count = 1
        then 1
        when change_count <= 5
        then 2
        when change_count <= 15
        then 3
        else 4
    end as level_order
from {{ ref("fct_deployments") }}
where change_count > 0
