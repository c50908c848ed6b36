{# From which day to which day each kind of data is known; coverage_days says which between are not. #}
select
    domain,
    max(covered_day_count) as covered_day_count,
    count(*) - max(covered_day_count) as uncovered_day_count,
    min(calendar_date) as first_date,
    max(case when is_covered then calendar_date end) as last_date
from {{ ref("coverage_days") }}
group by domain
