-- title: Lead time of each team, newest full quarter
-- question: How long do changes of each team take, and how sure is that?
-- asked by: team leads
-- topic: Delivery
select
    teams.name as team,
    numbers.value / 86400 as days,
    numbers.ci_low / 86400 as days_low,
    numbers.ci_high / 86400 as days_high,
    numbers.n,
    numbers.state,
    numbers.period_start_date
from lead_time_for_changes as numbers
inner join teams on numbers.scope_id = teams.team_id
where
    numbers.scope = 'team'
    and numbers.grain = 'quarter'
    and numbers.period_end_date
    = (select max(period_end_date) from periods where grain = 'quarter' and is_complete)
order by teams.name
