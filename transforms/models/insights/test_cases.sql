{#
  Each test of the last 90 days: how often it failed, on how many commits it both passed and failed, and
  how long it takes. The same commit with both results is what makes a test flaky: its code did not differ.
#}
with
    recent as (
        select *, coalesce(suite, '') as suite_name, coalesce(class_name, '') as class
        from {{ ref("test_results") }}
        where
            service_id is not null
            and test_name is not null
            and started_at > {{ as_of() }} - interval 90 days
            and started_at <= {{ as_of() }}
    ),
    commits as (
        select
            service_id,
            suite_name,
            class,
            test_name,
            max(started_at) as last_at,
            bool_or(status = 'passed')
            and bool_or(status in ('failed', 'error')) as is_flaky
        from recent
        where status <> 'skipped' and commit_sha is not null
        group by service_id, suite_name, class, test_name, commit_sha
    ),
    flaky as (
        select
            service_id,
            suite_name,
            class,
            test_name,
            count(*) as commit_count,
            count(case when is_flaky then 1 end) as flaky_commit_count,
            max(case when is_flaky then last_at end) as last_flaky_at
        from commits
        group by service_id, suite_name, class, test_name
    ),
    cases as (
        select
            service_id,
            suite_name,
            class,
            test_name,
            count(case when status <> 'skipped' then 1 end) as result_count,
            count(case when status in ('failed', 'error') then 1 end) as failed_count,
            count(case when status = 'skipped' then 1 end) as skipped_count,
            median(
                case when status <> 'skipped' then duration_seconds end
            ) as median_seconds,
            max(
                case when status <> 'skipped' then duration_seconds end
            ) as longest_seconds,
            max(
                case when status in ('failed', 'error') then started_at end
            ) as last_failed_at
        from recent
        group by service_id, suite_name, class, test_name
    )
select
    cases.service_id,
    services.team_id,
    cases.suite_name as suite,
    cases.class as class_name,
    cases.test_name,
    cases.result_count,
    cases.failed_count,
    cases.skipped_count,
    coalesce(flaky.commit_count, 0) as commit_count,
    coalesce(flaky.flaky_commit_count, 0) as flaky_commit_count,
    cases.failed_count / nullif(cases.result_count, 0) as failed_ratio,
    {{ wilson_low("cases.failed_count", "cases.result_count") }} as failed_low,
    {{ wilson_high("cases.failed_count", "cases.result_count") }} as failed_high,
    cases.median_seconds,
    cases.longest_seconds,
    coalesce(flaky.flaky_commit_count, 0) > 0 as is_flaky,
    cases.last_failed_at,
    flaky.last_flaky_at
from cases
left join
    flaky
    on cases.service_id = flaky.service_id
    and cases.suite_name = flaky.suite_name
    and cases.class = flaky.class
    and cases.test_name = flaky.test_name
left join {{ ref("services") }} as services on cases.service_id = services.service_id
