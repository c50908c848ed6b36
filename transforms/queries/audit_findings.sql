-- title: What the audit found
-- question: Which expectations did this build not meet?
-- asked by: operators
-- topic: Trust in the numbers
select
    severity, table_name, column_name, expectation, observed, expected, unexpected_count
from audit_results
where not is_success
order by severity, table_name, expectation
