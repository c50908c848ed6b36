{# How often deployments failed to which the model, not having seen their month, gave a probability. #}
with
    bins as (
        select
            place,
            max(case when part = 'bin_n' then value end) as n,
            max(case when part = 'bin_failed' then value end) as failed_count,
            max(case when part = 'bin_mean' then value end) as mean_probability
        from {{ ref("int_risk_fit") }}
        where part in ('bin_n', 'bin_failed', 'bin_mean')
        group by place
    )
select
    place * 0.05::double as bin_low,
    (place + 1) * 0.05::double as bin_high,
    cast(n as bigint) as n,
    cast(failed_count as bigint) as failed_count,
    mean_probability,
    failed_count / n as failed_share,
    {{ wilson_low("failed_count", "n") }} as low,
    {{ wilson_high("failed_count", "n") }} as high
from bins
