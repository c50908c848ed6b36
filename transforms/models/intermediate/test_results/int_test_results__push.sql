{# The report of a case that was pushed is the run of its suite; run again, it is another attempt. #}
select
    service_name,
    commit_sha,
    coalesce(suite, '') as report_file,
    coalesce(suite, '') as suite,
    environment_name as class_name,
    coalesce(title, test_case, subject_id) as test_name,
    case
        when event_type = 'testcaserun.skipped'
        then 'skipped'
        when word in ('pass', 'passed', 'success')
        then 'passed'
        when word in ('fail', 'failed', 'failure')
        then 'failed'
        when word in ('cancel', 'cancelled')
        then 'skipped'
        else 'error'
    end as status,
    left(reason, 500) as message,
    row_number() over (
        partition by
            source, suite, environment_name, coalesce(title, test_case, subject_id)
        order by occurred_at, read_at, page_id, ordinal
    ) as attempt,
    occurred_at as started_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("int_pushed_events") }}
where tells = 'test_case'
