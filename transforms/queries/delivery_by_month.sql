-- title: The delivery metrics by month
-- question: How did the delivery metrics develop over the last 13 months?
-- asked by: head of engineering
-- topic: Delivery
with
    months as (
        from lead_time_for_changes
        union all by name
        from deployment_frequency
        union all by name
        from change_failure_rate
        union all by name
        from failed_deployment_recovery_time
        union all by name
        from rework_rate
    )
select metric, period_start_date, value, ci_low, ci_high, n, unit, state, is_provisional
from months
where
    grain = 'month'
    and scope = 'organisation'
    and period_start_date > (select as_of - interval 13 month from build_information)
order by metric, period_start_date
