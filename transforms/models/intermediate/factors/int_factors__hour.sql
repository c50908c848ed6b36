select
    deployment_id,
    case
        when is_working_time then 'inside working hours' else 'outside working hours'
    end as level,
    case when is_working_time then 1 else 2 end as level_order
from {{ ref("int_failure_outcomes") }}
