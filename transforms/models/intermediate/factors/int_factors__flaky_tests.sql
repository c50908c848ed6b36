{#
  A test case is flaky on a commit on which it both passed and failed. Test cases on commits add
  up, so one sum over the 14 days before answers for every deployment at once.
#}
with
    results as (
        select
            service_id,
            max(started_at) as occurred_at,
            bool_or(status = 'passed') and bool_or(status <> 'passed') as is_flaky
        from {{ ref("test_results") }}
        where
            status in ('passed', 'failed', 'error')
            and started_at is not null
            and service_id is not null
            and commit_sha is not null
        group by service_id, commit_sha, suite, class_name, test_name
    ),
    events as (
        {# cases of one report share their instant #}
        select
            service_id,
            occurred_at,
            count(case when is_flaky then 1 end) as flaky_count,
            count(*) as case_count,
            null as deployment_id
        from results
        group by service_id, occurred_at
        union all
        select
            service_id,
            started_at as occurred_at,
            0 as flaky_count,
            0 as case_count,
            deployment_id
        from {{ ref("fct_deployments") }}
        where started_at is not null and service_id is not null
    ),
    summed as (
        select
            deployment_id,
            sum(flaky_count) over before as flaky_count,
            sum(case_count) over before as case_count
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
