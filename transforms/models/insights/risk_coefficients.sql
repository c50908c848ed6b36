{# Every registered feature with its weight, or why it was left out. #}
with
    weights as (
        select
            level as feature,
            max(case when part = 'mean' then value end) as mean,
            max(case when part = 'sd' then value end) as sd,
            max(case when part = 'coefficient' then value end) as coefficient,
            max(case when part = 'coefficient_sd' then value end) as coefficient_sd
        from {{ ref("int_risk_fit") }}
        where part in ('mean', 'sd', 'coefficient', 'coefficient_sd')
        group by level
    )
select
    features.feature,
    features.title,
    features.plain_words,
    features.effect_words,
    features.unit,
    features.importance_order,
    weights.feature is not null as is_kept,
    case
        when weights.feature is null and card.state = 'fitted'
        then 'ten failures are needed for each feature'
        when weights.feature is null
        then 'there is no model'
    end as dropped_reason,
    weights.mean,
    weights.sd,
    weights.coefficient,
    exp(weights.coefficient) as odds_ratio,
    exp(weights.coefficient - 1.959964 * weights.coefficient_sd) as odds_ratio_low,
    exp(weights.coefficient + 1.959964 * weights.coefficient_sd) as odds_ratio_high
from {{ ref("risk_features") }} as features
cross join {{ ref("risk_model_card") }} as card
left join weights on features.feature = weights.feature
