{# Whether services that are deployed in the same hour fail more often. #}
select
    service_id,
    other_service_id,
    statement,
    codeployment_count,
    together_count,
    together_failed_count,
    alone_count,
    alone_failed_count,
    other_together_count,
    other_together_failed_count,
    other_alone_count,
    other_alone_failed_count,
    lift,
    lift_low,
    lift_high,
    p_value,
    p_adjusted,
    {{ epoch_instant("counted_from_seconds") }} as counted_from_at
from {{ ref("int_codeployment_lifts") }}
