select
    subject_id as deployment_id,
    case
        when reason_code = 'on_hours'
        then 'in allowed hours'
        else 'outside of allowed hours'
    end as level,
    case when reason_code = 'on_hours' then 1 else 2 end as level_order
from {{ ref("control_authorised_hours") }}
