{# Whether incidents cluster after changes; nothing is said where there is too little data. #}
select
    scope,
    scope_id,
    statement,
    change_event_count,
    exposed_incident_count,
    other_incident_count,
    exposed_hours,
    other_hours,
    rate_ratio,
    rate_ratio_low,
    rate_ratio_high,
    case when statement <> 'too_little_data' then p_exact end as p_exact,
    case when statement <> 'too_little_data' then p_permutation end as p_permutation,
    p_adjusted,
    case
        when statement <> 'too_little_data' then attributable_fraction
    end as attributable_fraction,
    case
        when statement <> 'too_little_data' then attributable_fraction_low
    end as attributable_fraction_low,
    case
        when statement <> 'too_little_data' then attributable_fraction_high
    end as attributable_fraction_high,
    case
        when statement <> 'too_little_data' and rate_ratio > 0
        then greatest(1 - 1 / rate_ratio, 0)
    end as exposed_attributable_fraction,
    case
        when statement <> 'too_little_data' then excess_incident_count
    end as excess_incident_count,
    shift_count,
    seed
from {{ ref("int_service_causation") }}
