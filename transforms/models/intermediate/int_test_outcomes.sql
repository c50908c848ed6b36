{#
  Every result of a test that passed or failed, with the workflow that ran it and whether the same
  test did the other thing at the same commit. Results that name no run belong to the workflow of
  their commit where only one ran there.
#}
with
    results as (
        select
            service_id,
            commit_sha,
            pipeline_run_id as stated_run_id,
            report_file,
            attempt,
            coalesce(suite, '') as suite,
            coalesce(class_name, '') as class_name,
            test_name,
            {{ has_failed("status") }} as is_failed,
            started_at
        from {{ ref("test_results") }}
        where
            status <> 'skipped'
            and test_name is not null
            and started_at <= {{ as_of() }}
    ),
    runs as (
        select
            repository,
            coalesce(name, '') as workflow,
            commit_sha,
            pipeline_run_id,
            {# reports name a run without the source before it #}
            substr(pipeline_run_id, strpos(pipeline_run_id, ':') + 1) as run_number
        from {{ ref("pipeline_runs") }}
        where repository is not null
    ),
    named_runs as (
        select run_number, max(repository) as repository, max(workflow) as workflow
        from runs
        group by run_number
        having count(*) = 1
    ),
    lone_workflows as (
        select commit_sha, max(repository) as repository, max(workflow) as workflow
        from runs
        where commit_sha is not null
        group by commit_sha
        having count(distinct repository) = 1 and count(distinct workflow) = 1
    )
select
    results.service_id,
    results.commit_sha,
    results.report_file,
    results.attempt,
    results.suite,
    results.class_name,
    results.test_name,
    results.is_failed,
    coalesce(named_runs.repository, lone_workflows.repository) as repository,
    coalesce(named_runs.workflow, lone_workflows.workflow) as workflow,
    coalesce(results.stated_run_id, results.report_file) as test_run,
    results.commit_sha is not null
    and count(*) filter (where results.is_failed) over same_code > 0
    and count(*) filter (where not results.is_failed) over same_code > 0 as is_flaky,
    results.started_at
from results
left join
    named_runs
    on named_runs.run_number
    = substr(results.stated_run_id, strpos(results.stated_run_id, ':') + 1)
left join
    lone_workflows
    on results.commit_sha = lone_workflows.commit_sha
    and named_runs.run_number is null
window
    same_code as (
        partition by
            results.service_id,
            results.suite,
            results.class_name,
            results.test_name,
            results.commit_sha
    )
