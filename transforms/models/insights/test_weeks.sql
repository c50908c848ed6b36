{#
  How the runs of tests went, week by week. A run is one report set of a service: what one pipeline run
  and attempt said; a skipped case is neither passed nor failed, and a run of skipped cases is none.
#}
with
    runs as (
        select
            service_id,
            min(started_at) as started_at,
            count(case when status <> 'skipped' then 1 end) as case_count,
            count(case when status in ('failed', 'error') then 1 end) as failed_count,
            count(case when status = 'skipped' then 1 end) as skipped_count,
            sum(duration_seconds) as total_seconds
        from {{ ref("test_results") }}
        where service_id is not null and started_at is not null
        group by service_id, commit_sha, coalesce(pipeline_run_id, report_file), attempt
        having count(case when status <> 'skipped' then 1 end) > 0
    ),
    dated as (
        select
            runs.*,
            services.team_id,
            cast(
                date_trunc('week', {{ local_date("runs.started_at") }}) as date
            ) as period_start_date
        from runs
        left join
            {{ ref("services") }} as services on runs.service_id = services.service_id
    ),
    scoped as ({{ in_each_scope("dated") }}),
    counted as (
        select
            scope,
            scope_id,
            period_start_date,
            count(*) as run_count,
            count(case when failed_count = 0 then 1 end) as passed_run_count,
            cast(sum(case_count) as bigint) as case_count,
            cast(sum(failed_count) as bigint) as failed_case_count,
            cast(sum(skipped_count) as bigint) as skipped_case_count,
            median(total_seconds) as median_run_seconds
        from scoped
        group by scope, scope_id, period_start_date
    )
select
    scope,
    scope_id,
    run_count,
    passed_run_count,
    case_count,
    failed_case_count,
    skipped_case_count,
    passed_run_count / run_count as passed_ratio,
    {{ wilson_low("passed_run_count", "run_count") }} as passed_low,
    {{ wilson_high("passed_run_count", "run_count") }} as passed_high,
    median_run_seconds,
    period_start_date + 7 > {{ local_date(as_of()) }} as is_provisional,
    period_start_date,
    period_start_date + 7 as period_end_date
from counted
