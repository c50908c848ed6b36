-- title: The slowest tests
-- question: Which tests take most of the time of a run?
-- asked by: test engineers
-- topic: Tests and pipelines
select
    suite,
    class_name,
    test_name,
    count(*) as run_count,
    median(duration_seconds) as median_seconds,
    quantile_cont(duration_seconds, 0.95) as p95_seconds,
    sum(duration_seconds) / 3600 as total_hours
from test_results
where duration_seconds is not null and status <> 'skipped'
group by suite, class_name, test_name
order by total_hours desc, test_name
limit 50
