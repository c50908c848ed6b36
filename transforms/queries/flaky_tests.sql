-- title: Tests that pass and fail on the same commit
-- question: Which tests are flaky?
-- asked by: test engineers
-- topic: Tests and pipelines
select
    suite,
    class_name,
    test_name,
    count(*) as commit_count,
    sum(run_count) as run_count,
    sum(failed_count) as failed_count,
    max(last_at) as last_at
from
    (
        select
            suite,
            class_name,
            test_name,
            commit_sha,
            count(*) as run_count,
            count(case when status in ('failed', 'error') then 1 end) as failed_count,
            count(case when status = 'passed' then 1 end) as passed_count,
            max(started_at) as last_at
        from test_results
        group by suite, class_name, test_name, commit_sha
    )
where failed_count > 0 and passed_count > 0
group by suite, class_name, test_name
order by commit_count desc, test_name
