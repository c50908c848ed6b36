-- title: How much of what was read can be used
-- question: Which links between records are missing?
-- asked by: operators
-- topic: Trust in the numbers
select figure, source, meaning, numerator, denominator, ratio, reason
from coverage_figures
order by ratio nulls last, figure, source
