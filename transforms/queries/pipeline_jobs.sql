-- title: Pipeline jobs by time and failures
-- question: Which jobs of our pipelines take long or fail often?
-- asked by: platform team
-- topic: Tests and pipelines
select
    repository,
    name,
    count(*) as run_count,
    count(case when conclusion = 'failure' then 1 end) as failed_count,
    median(date_diff('second', started_at, finished_at)) as median_seconds,
    sum(date_diff('second', started_at, finished_at)) / 3600 as total_hours
from pipeline_jobs
where started_at is not null and finished_at is not null
group by repository, name
order by total_hours desc, repository, name
limit 100
