-- title: A metric for any days, teams and services
-- question: What was the change failure rate of the last 30 days, without the work of
-- bots?
-- asked by: analysts
-- topic: Trust in the numbers
select value, ci_low, ci_high, n, numerator, denominator, excluded_count, state
from
    change_failure_rate_between(
        (select cast(as_of as date) - 29 from build_information),
        (select cast(as_of as date) + 1 from build_information),
        include_bots := false
    )
