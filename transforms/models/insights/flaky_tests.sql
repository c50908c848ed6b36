{#
  Tests that both passed and failed at one commit, and those that are to be set apart. What counts
  for that is how many commits saw it lately; an old flake that was mended is only history.
#}
with
    commits as (
        select
            service_id,
            suite,
            class_name,
            test_name,
            commit_sha,
            any_value(repository) as repository,
            count(*) as result_count,
            count(case when is_failed then 1 end) as failed_count,
            bool_or(is_flaky) as is_flaky,
            max(started_at) as last_at
        from {{ ref("int_test_outcomes") }}
        where service_id is not null and commit_sha is not null
        group by service_id, suite, class_name, test_name, commit_sha
    ),
    tests as (
        select
            service_id,
            suite,
            class_name,
            test_name,
            max(repository) as repository,
            count(*) as commit_count,
            count(case when is_flaky then 1 end) as flaky_commit_count,
            count(
                case
                    when
                        is_flaky
                        and last_at
                        > {{ as_of() }} - {{ threshold("flaky_days") }} * interval 1 day
                    then 1
                end
            ) as recent_flaky_commit_count,
            cast(sum(result_count) as bigint) as result_count,
            cast(
                sum(case when is_flaky then failed_count else 0 end) as bigint
            ) as flaky_failure_count,
            min(case when is_flaky then last_at end) as first_flaky_at,
            max(case when is_flaky then last_at end) as last_flaky_at
        from commits
        group by service_id, suite, class_name, test_name
    )
select
    tests.service_id,
    services.team_id,
    tests.repository,
    tests.suite,
    tests.class_name,
    tests.test_name,
    tests.commit_count,
    tests.flaky_commit_count,
    tests.recent_flaky_commit_count,
    tests.result_count,
    tests.flaky_failure_count,
    tests.flaky_failure_count / tests.result_count as flake_run_rate,
    {{ wilson_low("tests.flaky_failure_count", "tests.result_count") }}
    as flake_run_low,
    {{ wilson_high("tests.flaky_failure_count", "tests.result_count") }}
    as flake_run_high,
    case
        when
            tests.recent_flaky_commit_count
            >= {{ threshold("flaky_commits_quarantine") }}
        then 'quarantine'
        when tests.recent_flaky_commit_count > 0
        then 'watch'
        else 'settled'
    end as advice,
    tests.first_flaky_at,
    tests.last_flaky_at
from tests
left join {{ ref("services") }} as services on tests.service_id = services.service_id
where tests.flaky_commit_count > 0
