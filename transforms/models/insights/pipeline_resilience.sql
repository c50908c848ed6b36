{# What each workflow did in each month: failures, what a rerun of the same code mended, and flakes. #}
with
    stage_runs as (
        select
            *,
            cast(
                date_trunc('month', {{ local_date("started_at") }}) as date
            ) as month_start_date
        from {{ ref("int_stage_runs") }}
    ),
    stages as (
        select
            repository,
            workflow,
            month_start_date,
            count(*) as stage_run_count,
            count(case when is_failed then 1 end) as failed_stage_count,
            count(case when is_salvaged then 1 end) as salvaged_stage_count,
            sum(
                case when is_salvaged or had_passed then duration_minutes else 0 end
            ) as wasted_minutes
        from stage_runs
        group by repository, workflow, month_start_date
    ),
    rerun_attempts as (
        select
            repository,
            workflow,
            pipeline_run_id,
            attempt,
            min(month_start_date) as month_start_date,
            bool_or(had_passed) as has_repeated_passed
        from stage_runs
        where is_rerun
        group by repository, workflow, pipeline_run_id, attempt
    ),
    reruns as (
        select
            repository,
            workflow,
            month_start_date,
            count(*) as rerun_count,
            count(case when not has_repeated_passed then 1 end) as selective_rerun_count
        from rerun_attempts
        group by repository, workflow, month_start_date
    ),
    test_outcomes as (
        select
            *,
            cast(
                date_trunc('month', {{ local_date("started_at") }}) as date
            ) as month_start_date
        from {{ ref("int_test_outcomes") }}
        where repository is not null
    ),
    test_runs as (
        select
            repository,
            workflow,
            month_start_date,
            test_run,
            attempt,
            count(*) as result_count,
            count(case when is_flaky and is_failed then 1 end) as flaky_failure_count
        from test_outcomes
        group by repository, workflow, month_start_date, test_run, attempt
    ),
    tests as (
        select
            repository,
            workflow,
            month_start_date,
            cast(sum(result_count) as bigint) as test_result_count,
            cast(sum(flaky_failure_count) as bigint) as flaky_failure_count,
            median(result_count) as median_tests_per_run
        from test_runs
        group by repository, workflow, month_start_date
    ),
    keys as (
        select repository, workflow, month_start_date
        from stages
        union
        select repository, workflow, month_start_date
        from tests
    ),
    owners as (
        {# a repository of several services is nobody's alone #}
        select
            repositories.repository,
            max(repositories.service_id) as service_id,
            max(services.team_id) as team_id
        from {{ ref("service_repositories") }} as repositories
        inner join
            {{ ref("services") }} as services
            on repositories.service_id = services.service_id
        group by repositories.repository
        having count(distinct repositories.service_id) = 1
    ),
    joined as (
        select
            keys.repository
            || ' '
            || keys.workflow
            || ' '
            || left(
                cast(keys.month_start_date as varchar), 7
            ) as pipeline_resilience_id,
            keys.repository,
            keys.workflow,
            owners.service_id,
            owners.team_id,
            coalesce(stages.stage_run_count, 0) as stage_run_count,
            coalesce(stages.failed_stage_count, 0) as failed_stage_count,
            coalesce(stages.salvaged_stage_count, 0) as salvaged_stage_count,
            coalesce(reruns.rerun_count, 0) as rerun_count,
            coalesce(reruns.selective_rerun_count, 0) as selective_rerun_count,
            coalesce(tests.test_result_count, 0) as test_result_count,
            coalesce(tests.flaky_failure_count, 0) as flaky_failure_count,
            tests.median_tests_per_run,
            stages.wasted_minutes,
            tests.flaky_failure_count
            / nullif(tests.test_result_count, 0) as flake_run_rate,
            keys.month_start_date
        from keys
        left join
            stages
            on keys.repository = stages.repository
            and keys.workflow = stages.workflow
            and keys.month_start_date = stages.month_start_date
        left join
            reruns
            on keys.repository = reruns.repository
            and keys.workflow = reruns.workflow
            and keys.month_start_date = reruns.month_start_date
        left join
            tests
            on keys.repository = tests.repository
            and keys.workflow = tests.workflow
            and keys.month_start_date = tests.month_start_date
        left join owners on keys.repository = owners.repository
    )
select
    pipeline_resilience_id,
    repository,
    workflow,
    service_id,
    team_id,
    stage_run_count,
    failed_stage_count,
    salvaged_stage_count,
    rerun_count,
    selective_rerun_count,
    test_result_count,
    flaky_failure_count,
    failed_stage_count / nullif(stage_run_count, 0) as stage_failure_rate,
    {{ wilson_low("failed_stage_count", "stage_run_count") }} as stage_failure_low,
    {{ wilson_high("failed_stage_count", "stage_run_count") }} as stage_failure_high,
    salvaged_stage_count / nullif(failed_stage_count, 0) as salvage_rate,
    {{ wilson_low("salvaged_stage_count", "failed_stage_count") }} as salvage_low,
    {{ wilson_high("salvaged_stage_count", "failed_stage_count") }} as salvage_high,
    selective_rerun_count / nullif(rerun_count, 0) as selective_rerun_share,
    wasted_minutes,
    flake_run_rate,
    {{ wilson_low("flaky_failure_count", "test_result_count") }} as flake_run_low,
    {{ wilson_high("flaky_failure_count", "test_result_count") }} as flake_run_high,
    median_tests_per_run,
    {{ false_failure_chance("median_tests_per_run", "flake_run_rate") }}
    as false_failure_chance,
    {{ false_failure_chance("median_tests_per_run", "flake_run_rate", tries=2) }}
    as false_failure_chance_retried,
    month_start_date
from joined
