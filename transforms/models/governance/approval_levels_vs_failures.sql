{# Whether more approval goes along with fewer failures here: levels of approval and types of change. #}
select
    factor,
    level,
    reference_level,
    statement,
    level_order,
    n,
    failed_count,
    reference_n,
    reference_failed_count,
    rate,
    rate_low,
    rate_high,
    risk_difference,
    risk_difference_low,
    risk_difference_high,
    odds_ratio,
    odds_ratio_low,
    odds_ratio_high,
    p_value,
    p_adjusted
from {{ ref("failure_correlations") }}
where factor in ('approval_level', 'change_request')
