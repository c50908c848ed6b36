-- title: By which evidence deployments count as failed
-- question: How many failures rest on which kind of evidence, and how many of those
-- count?
-- asked by: auditors
-- topic: Failures
select
    evidence,
    strength,
    count(distinct deployment_id) as deployment_count,
    count(distinct case when is_counted then deployment_id end) as counted_count,
    count(distinct case when is_against then deployment_id end) as spoken_against_count
from deployment_failures
group by evidence, strength
order by strength, evidence
