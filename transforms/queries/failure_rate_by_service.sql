-- title: Change failure rate of each service, fairly ranked
-- question: Which services fail more often than the rest, given how little some of
-- them deploy?
-- asked by: head of engineering
-- topic: Failures
select
    services.name as service,
    rankings.service_rank,
    rankings.rate,
    rankings.shrunk_rate,
    rankings.shrunk_low,
    rankings.shrunk_high,
    rankings.numerator as failed_count,
    rankings.n,
    rankings.probability_above,
    rankings.unranked_reason
from service_rankings as rankings
inner join services on rankings.service_id = services.service_id
where rankings.metric = 'change_failure_rate'
order by rankings.service_rank nulls last, service
