-- title: Open changes by their risk
-- question: Which changes that are not live yet deserve a second look, and why?
-- asked by: release manager
-- topic: Risk and control
select
    scores.risk,
    scores.subject_kind,
    scores.number,
    scores.title,
    scores.service_id,
    scores.probability,
    scores.likelihood_reason,
    scores.impact_reason,
    scores.planned_at,
    scores.source_url
from risk_scores as scores
where scores.subject_kind in ('change', 'change_request')
order by
    case scores.risk when 'high' then 1 when 'moderate' then 2 else 3 end,
    scores.probability desc nulls last,
    scores.number
