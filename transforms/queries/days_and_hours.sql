-- title: When deployments happen
-- question: On which days and hours do we deploy to production, and how many of those
-- deployments failed?
-- asked by: release manager
-- topic: Delivery
select
    dayname(local_at) as weekday,
    hour(local_at) as hour_of_day,
    count(*) as deployment_count,
    count(case when is_failed then 1 end) as failed_count
from
    (
        select
            is_failed,
            (
                finished_at at time zone 'UTC'
            ) at time zone build.report_timezone as local_at
        from fct_deployments
        cross join build_information as build
        where
            is_change
            and environment_tier = 'production'
            and exclusion_reason is null
            and finished_at is not null
    )
group by isodow(local_at), weekday, hour_of_day
order by isodow(local_at), hour_of_day
