-- title: Where lead time goes, by month
-- question: Which stage of a change became slower or faster?
-- asked by: improvement team
-- topic: Delivery
with
    stages as (
        from coding_time
        union all by name
        from pickup_time
        union all by name
        from review_time
        union all by name
        from merge_wait_time
        union all by name
        from deploy_wait_time
        union all by name
        from deploy_run_time
    )
select period_start_date, metric as stage, value / 3600 as median_hours, n, state
from stages
where grain = 'month' and scope = 'organisation' and n > 0
order by period_start_date, stage
