{# What stands around a deployment in other records: the version before, its run, its change request with approvals, the tests of its commit. #}
with
    deployments as (select * from {{ ref("fct_deployments") }}),
    requests as (
        select
            links.deployment_id,
            requests.change_request_id,
            requests.number,
            requests.title,
            requests.type
        from {{ ref("int_deployment_requests") }} as links
        inner join
            {{ ref("change_requests") }} as requests
            on links.change_request_id = requests.change_request_id
            and requests.is_current
    ),
    approvals as (
        select
            change_request_id,
            count(distinct approver_id) as approver_count,
            max(decided_at) as approved_at
        from {{ ref("approvals") }}
        where state = 'approved'
        group by change_request_id
    ),
    last_results as (
        {# the last attempt of a test is its result #}
        select
            service_id,
            commit_sha,
            concat_ws('.', class_name, test_name) as test_name,
            arg_max(status, attempt) as status
        from {{ ref("test_results") }}
        where commit_sha is not null
        group by service_id, commit_sha, suite, class_name, test_name
    ),
    tests as (
        select
            service_id,
            commit_sha,
            count(*) as test_count,
            count(
                case when status in ('failed', 'error') then 1 end
            ) as failed_test_count,
            list(test_name order by test_name) filter (
                where status in ('failed', 'error')
            ) as failed_tests
        from last_results
        group by service_id, commit_sha
    )
select
    deployments.deployment_id,
    deployments.service_id,
    deployments.previous_deployment_id,
    runs.pipeline_run_id,
    requests.change_request_id,
    previous.version as previous_version,
    runs.name as pipeline_name,
    runs.source_url as pipeline_url,
    requests.number as change_request_number,
    requests.type as change_request_type,
    requests.title as change_request_title,
    coalesce(tests.failed_tests[:20], []) as failed_tests,
    case
        when requests.change_request_id is not null
        then coalesce(approvals.approver_count, 0)
    end as approver_count,
    tests.test_count,
    tests.failed_test_count,
    case
        when requests.change_request_id is not null
        then coalesce(approvals.approved_at <= deployments.started_at, false)
    end as is_approved_before_start,
    approvals.approved_at
from deployments
left join
    deployments as previous
    on deployments.previous_deployment_id = previous.deployment_id
left join
    (
        select deployment_id, pipeline_run_id
        from {{ ref("deployments") }}
        where is_current
    ) as records
    on deployments.deployment_id = records.deployment_id
left join
    {{ ref("pipeline_runs") }} as runs on records.pipeline_run_id = runs.pipeline_run_id
left join requests on deployments.deployment_id = requests.deployment_id
left join approvals on requests.change_request_id = approvals.change_request_id
left join
    tests
    on deployments.service_id = tests.service_id
    and deployments.commit_sha = tests.commit_sha
