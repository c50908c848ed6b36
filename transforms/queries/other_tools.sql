-- title: Our change failure rate beside that of other tools
-- question: What would another tool show for the last months, and why does it differ?
-- asked by: analysts
-- topic: Trust in the numbers
select
    numbers.period_start_date,
    numbers.edition,
    numbers.band as their_word,
    numbers.value as their_value,
    ours.value as our_value,
    numbers.n as their_n,
    ours.n as our_n,
    numbers.causes
from peer_metrics as numbers
left join
    change_failure_rate as ours
    on numbers.period_start_date = ours.period_start_date
    and ours.grain = 'month'
    and ours.scope = 'organisation'
where
    numbers.peer = 'devlake'
    and numbers.metric = 'change_failure_rate'
    and numbers.grain = 'month'
    and numbers.scope = 'organisation'
order by numbers.period_start_date desc, numbers.edition
