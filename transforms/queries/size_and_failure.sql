-- title: Failures by size of the deployment
-- question: Do bigger deployments fail more often?
-- asked by: improvement team
-- topic: Failures
select
    level,
    reference_level,
    n,
    failed_count,
    rate,
    rate_low,
    rate_high,
    odds_ratio,
    p_adjusted,
    statement,
    confounders_controlled
from failure_correlations
where factor = 'batch_size'
order by level_order
