-- title: What failures go along with
-- question: Which circumstances go along with more or fewer failures, beyond chance?
-- asked by: improvement team
-- topic: Failures
select
    factors.title,
    found.level,
    found.reference_level,
    found.n,
    found.failed_count,
    found.rate,
    found.odds_ratio,
    found.odds_ratio_low,
    found.odds_ratio_high,
    found.p_adjusted,
    found.statement
from failure_correlations as found
inner join failure_factors as factors on found.factor = factors.factor
where found.statement <> 'reference'
order by found.p_adjusted nulls last, factors.title, found.level_order
