{# How good the model was in months that it had not seen, and in all of them together. #}
with
    measured as (
        select
            level,
            max(case when part = 'n' then value end) as n,
            max(case when part = 'failed' then value end) as failed_count,
            max(case when part = 'captured_5' then value end) as captured_5,
            max(case when part = 'captured_10' then value end) as captured_10,
            max(case when part = 'captured_50' then value end) as captured_50,
            max(
                case when part = 'average_precision' then value end
            ) as average_precision,
            max(case when part = 'brier' then value end) as brier,
            max(case when part = 'base_brier' then value end) as base_brier,
            max(
                case when part = 'calibration_slope' then value end
            ) as calibration_slope,
            max(case when part = 'psi' then value end) as psi
        from {{ ref("int_risk_fit") }}
        where
            part in (
                'n',
                'failed',
                'captured_5',
                'captured_10',
                'captured_50',
                'average_precision',
                'brier',
                'base_brier',
                'calibration_slope',
                'psi'
            )
        group by level
    )
select
    case when level <> 'all' then cast(level as date) end as month_start_date,
    cast(n as bigint) as n,
    cast(failed_count as bigint) as failed_count,
    captured_5 / nullif(failed_count, 0) as capture_5,
    captured_10 / nullif(failed_count, 0) as capture_10,
    {{ wilson_low("captured_10", "failed_count") }} as capture_10_low,
    {{ wilson_high("captured_10", "failed_count") }} as capture_10_high,
    captured_50 / nullif(failed_count, 0) as capture_50,
    captured_10 / nullif(failed_count, 0) / 0.1::double as lift_10,
    case
        when not isnan(average_precision) then average_precision
    end as average_precision,
    brier,
    base_brier,
    case
        when not isnan(calibration_slope) then calibration_slope
    end as calibration_slope,
    case when not isnan(psi) then psi end as psi
from measured
