-- title: Emergency changes by month
-- question: How often do we go around the normal way?
-- asked by: change manager
-- topic: Risk and control
select
    date_trunc(
        'month', coalesce(work_started_at, planned_start_at, created_at)
    ) as month,
    count(*) as change_request_count,
    count(case when type = 'emergency' then 1 end) as emergency_count
from change_requests
where is_current and not is_deleted
group by month
order by month
