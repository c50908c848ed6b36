{# The verdict of a whole test suite; its cases are test results. #}
select
    event_key as measure_id,
    vendor as tool,
    coalesce(title, suite) as metric,
    case
        when word in ('pass', 'passed', 'success')
        then 'pass'
        when word in ('fail', 'failed', 'failure', 'error')
        then 'fail'
    end as verdict,
    service_name,
    repository,
    commit_sha,
    occurred_at as measured_at,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from {{ ref("int_pushed_events") }}
where tells = 'test_suite'
