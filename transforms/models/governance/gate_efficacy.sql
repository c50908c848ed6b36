{#
  Whether a gate is worth its time. A block is a commit whose last result of the gate, before any
  deployment of it, is a failure that stops the run. It caught something when that commit never reached
  production; it was false when the commit was deployed all the same and did not fail within 7 days. A
  gate lets a failure escape when it passed for a failed deployment whose class of failure it claims to
  cover; the class is what the review of the deployment, or of its incident, states as the cause.
#}
with
    runs as (select * from {{ ref("gate_runs") }} where finished_at is not null),
    latencies as (
        select
            gate,
            count(*) as run_count,
            count(case when status = 'failed' then 1 end) as failed_run_count,
            quantile_cont(
                {{ seconds_between("started_at", "finished_at") }}, 0.5
            ) as latency_p50_seconds,
            quantile_cont(
                {{ seconds_between("started_at", "finished_at") }}, 0.9
            ) as latency_p90_seconds
        from runs
        where status in ('success', 'failed')
        group by gate
    ),
    deployed as (
        select
            gates.gate,
            gates.outcome,
            facts.deployment_id,
            facts.repository,
            facts.commit_sha,
            facts.started_at,
            facts.is_failed,
            facts.finished_at < {{ as_of() }} - interval 7 days as is_mature,
            facts.is_failed
            and facts.failed_at <= facts.finished_at + interval 7 days as is_failed_soon
        from {{ ref("deployment_gates") }} as gates
        inner join
            {{ ref("fct_deployments") }} as facts
            on gates.deployment_id = facts.deployment_id
    ),
    last_results as (
        select
            gate,
            repository,
            commit_sha,
            part,
            arg_max(status, (finished_at, attempt)) as status,
            arg_max(is_soft_fail, (finished_at, attempt)) as is_soft_fail
        from runs
        where status in ('success', 'failed') and commit_sha is not null
        group by gate, repository, commit_sha, part
    ),
    stopped as (
        select gate, repository, commit_sha
        from last_results
        group by gate, repository, commit_sha
        having bool_or(status = 'failed' and not is_soft_fail)
    ),
    passed_by as (
        select
            gate,
            repository,
            commit_sha,
            bool_or(is_failed_soon) as is_failed_soon,
            bool_and(is_mature) as is_mature
        from deployed
        where outcome in ('failed', 'manual_override')
        group by gate, repository, commit_sha
    ),
    blocks as (
        {# a commit that was deployed around the gate counts as a block as well #}
        select
            stopped.gate,
            count(*) as block_count,
            count(case when passed_by.gate is null then 1 end) as caught_count,
            count(
                case
                    when passed_by.is_mature and not passed_by.is_failed_soon then 1
                end
            ) as false_block_count,
            count(
                case
                    when passed_by.gate is not null and not passed_by.is_mature then 1
                end
            ) as undecided_block_count
        from stopped
        left join
            passed_by
            on stopped.gate = passed_by.gate
            and stopped.repository = passed_by.repository
            and stopped.commit_sha = passed_by.commit_sha
        group by stopped.gate
    ),
    causes as (
        select reviews.subject_type, reviews.subject_id, actions.cause_code
        from {{ ref("review_records") }} as reviews
        inner join
            {{ ref("action_items") }} as actions
            on reviews.review_record_id = actions.review_record_id
        where actions.cause_code is not null
    ),
    classes as (
        select subject_id as deployment_id, cause_code
        from causes
        where subject_type = 'deployment'
        union
        select links.deployment_id, causes.cause_code
        from causes
        inner join
            {{ ref("deployment_incidents") }} as links
            on causes.subject_id = links.incident_id
            and causes.subject_type = 'incident'
    ),
    escapes as (
        select
            deployed.gate,
            count(distinct deployed.deployment_id) as judged_failure_count,
            count(
                distinct case
                    when list_contains(gates.covered_classes, classes.cause_code)
                    then deployed.deployment_id
                end
            ) as escape_count
        from deployed
        inner join classes on deployed.deployment_id = classes.deployment_id
        inner join {{ ref("required_gates") }} as gates on deployed.gate = gates.gate
        where deployed.is_failed and deployed.outcome = 'covered'
        group by deployed.gate
    )
select
    gates.gate,
    gates.title,
    coalesce(latencies.run_count, 0) as run_count,
    coalesce(latencies.failed_run_count, 0) as failed_run_count,
    coalesce(blocks.block_count, 0) as block_count,
    coalesce(blocks.caught_count, 0) as caught_count,
    coalesce(blocks.false_block_count, 0) as false_block_count,
    coalesce(blocks.undecided_block_count, 0) as undecided_block_count,
    coalesce(escapes.judged_failure_count, 0) as judged_failure_count,
    coalesce(escapes.escape_count, 0) as escape_count,
    latencies.latency_p50_seconds,
    latencies.latency_p90_seconds,
    blocks.false_block_count
    * 1.0
    / nullif(blocks.block_count - blocks.undecided_block_count, 0) as false_block_ratio
from {{ ref("required_gates") }} as gates
left join latencies on gates.gate = latencies.gate
left join blocks on gates.gate = blocks.gate
left join escapes on gates.gate = escapes.gate
