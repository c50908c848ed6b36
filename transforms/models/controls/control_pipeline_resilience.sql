{{ control(subject="workflow") }}

with
    workflows as (
        select *, {{ threshold("flake_run_rate_max") }} as flake_run_rate_max
        from {{ ref("pipeline_resilience") }}
    ),
    worded as (
        select
            *,
            flaky_failure_count
            || ' of '
            || test_result_count
            || ' test results failed at a commit at which the same test also passed ('
            || round(100 * flake_run_rate, 2)
            || ' %).' as counted
        from workflows
    )
select
    pipeline_resilience_id as subject_id,
    service_id,
    team_id,
    cast(null as varchar) as environment_id,
    cast(month_start_date as timestamp) as occurred_at,
    case
        when test_result_count = 0
        then 'no_data'
        when test_result_count < 20
        then 'inconclusive'
        when flake_run_rate > flake_run_rate_max
        then 'warn'
        else 'pass'
    end as verdict,
    case
        when test_result_count = 0
        then 'no_test_results'
        when test_result_count < 20
        then 'too_few_results'
        when flake_run_rate > flake_run_rate_max
        then 'flaky'
        else 'steady'
    end as reason_code,
    case
        when test_result_count = 0
        then
            'No result of a test is known for this workflow; '
            || salvaged_stage_count
            || ' of '
            || failed_stage_count
            || ' failed stages passed at the same commit.'
        when test_result_count < 20
        then 'Too few results to say: ' || counted
        else counted
    end as reason,
    ['pipeline_resilience:' || pipeline_resilience_id] as evidence,
    flake_run_rate as value,
    flake_run_rate_max as threshold
from worded
