{#
  What may be a run of a gate, in one shape, whatever tool it was: jobs and runs of pipelines, suites
  of tests, judged measures, attestations. A job that failed while its run succeeded was allowed to
  fail, also where the source has no word for that. Findings are left out: a scan that found nothing
  leaves none, so that silence could not be told from a clean scan; the job of the scan says it ran.
#}
with
    jobs as (
        select
            jobs.*,
            runs.commit_sha,
            runs.conclusion as run_conclusion,
            case
                when jobs.status = 'completed' then runs.finished_at
            end as run_finished_at,
            row_number() over (
                partition by jobs.pipeline_run_id, jobs.name
                order by coalesce(jobs.attempt, 1) desc, jobs.started_at desc
            )
            = 1 as is_last_attempt
        from {{ ref("pipeline_jobs") }} as jobs
        inner join
            {{ ref("pipeline_runs") }} as runs
            on jobs.pipeline_run_id = runs.pipeline_run_id
    ),
    cases as (
        {# the last attempt of a test is its result; that an earlier one failed is kept #}
        select
            source,
            report_file,
            suite,
            service_id,
            commit_sha,
            pipeline_run_id,
            arg_max(status, attempt) as status,
            count(case when status in ('failed', 'error') then 1 end) as failure_count,
            min(started_at) as started_at,
            max(
                started_at
                + to_milliseconds(cast(coalesce(duration_seconds, 0) * 1000 as bigint))
            ) as finished_at,
            max(attempt) as attempt,
            min(class_name) as class_name
        from {{ ref("test_results") }}
        where commit_sha is not null
        group by
            source,
            report_file,
            suite,
            service_id,
            commit_sha,
            pipeline_run_id,
            class_name,
            test_name
    ),
    suites as (
        select
            source,
            report_file,
            coalesce(suite, min(class_name), report_file) as suite,
            service_id,
            commit_sha,
            pipeline_run_id,
            case
                when count(case when status in ('failed', 'error') then 1 end) > 0
                then 'failed'
                when count(case when status = 'passed' then 1 end) > 0
                then 'success'
                else 'skipped'
            end as status,
            sum(failure_count) > 0 as has_failed_attempt,
            min(started_at) as started_at,
            max(finished_at) as finished_at,
            max(attempt) as attempt
        from cases
        group by source, report_file, suite, service_id, commit_sha, pipeline_run_id
    )
select
    'pipeline_jobs:' || pipeline_job_id as evidence,
    'job' as origin,
    name,
    repository,
    null::varchar as service_id,
    commit_sha,
    null::varchar as artifact_digest,
    pipeline_run_id,
    coalesce(attempt, 1) as attempt,
    {{ gate_status("status", "conclusion") }} as status,
    coalesce(is_soft_fail, false)
    or (
        is_last_attempt
        and run_conclusion = 'success'
        and conclusion in ('failure', 'timed_out')
    ) as is_soft_fail,
    false as has_failed_attempt,
    started_at,
    coalesce(finished_at, run_finished_at) as finished_at,
    source_url,
    source
from jobs
union all
select
    'pipeline_runs:' || pipeline_run_id,
    'run',
    name,
    repository,
    null,
    commit_sha,
    null,
    pipeline_run_id,
    coalesce(attempt_count, 1),
    {{ gate_status("status", "conclusion") }},
    false,
    false,
    started_at,
    finished_at,
    source_url,
    source
from {{ ref("pipeline_runs") }}
union all
select
    'test_results:' || suites.source || ':' || suites.report_file,
    'suite',
    suites.suite,
    runs.repository,
    suites.service_id,
    suites.commit_sha,
    null,
    suites.pipeline_run_id,
    suites.attempt,
    suites.status,
    false,
    suites.has_failed_attempt,
    suites.started_at,
    coalesce(suites.finished_at, runs.finished_at),
    runs.source_url,
    suites.source
from suites
left join
    {{ ref("pipeline_runs") }} as runs on suites.pipeline_run_id = runs.pipeline_run_id
union all
select
    'quality_measures:' || measure_id,
    'measure',
    metric,
    repository,
    service_id,
    commit_sha,
    null,
    null,
    1,
    case
        verdict when 'pass' then 'success' when 'warn' then 'success' else 'failed'
    end,
    false,
    false,
    measured_at,
    measured_at,
    source_url,
    source
from {{ ref("quality_measures") }}
where verdict is not null
union all
select
    'attestations:' || attestation_id,
    'attestation',
    predicate_type,
    repository,
    service_id,
    commit_sha,
    subject_digest,
    null,
    1,
    case
        signature_state
        when 'verified'
        then 'success'
        when 'invalid'
        then 'failed'
        else 'unknown'
    end,
    false,
    false,
    created_at,
    created_at,
    null,
    source
from {{ ref("attestations") }}
