{#
  A test case is flaky on a commit on which it both passed and failed. Test cases on commits add
  up, so one sum over the 14 days before answers for every deployment at once.
#}
with
    cases as (
        select
            service_id,
            max(started_at) as occurred_at,
            case
                when count(distinct status in ('failed', 'error')) = 2 then 1 else 0
            end as is_flaky
        from {{ ref("test_results") }}
        where
            status in ('passed', 'failed', 'error')
            and started_at is not null
            and service_id is not null
            and commit_sha is not null
        group by service_id, commit_sha, suite, class_name, test_name
    ),
    events as (
        select service_id, occurred_at, is_flaky, 1 as is_case, null as deployment_id
        from cases
        union all
        select
            service_id,
            started_at as occurred_at,
            0 as is_flaky,
            0 as is_case,
            deployment_id
        from {{ ref("fct_deployments") }}
        where started_at is not null and service_id is not null
    ),
    summed as (
        select
            deployment_id,
            sum(is_flaky) over before as flaky_count,
            sum(is_case) over before as case_count
        from events
        window
            before as (
                partition by service_id
                order by
                    occurred_at
                    range
                    between interval 14 days preceding
                    and interval 1 microsecond preceding
            )
    )
select
    deployment_id,
    case
        when flaky_count = 0
        then 'no flaky test'
        when flaky_count <= 0.01 * case_count
        then 'up to 1 % of tests flaky'
        else 'over 1 % of tests flaky'
    end as level,
    case
        when flaky_count = 0 then 1 when flaky_count <= 0.01 * case_count then 2 else 3
    end as level_order
from summed
where deployment_id is not null and case_count > 0
