{# Each item of the checklist of each production deployment, with its score when it began. #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ readiness("control_readiness_review") }}
select
    items.subject_id || ':' || items.item as readiness_item_id,
    items.subject_id as deployment_id,
    subjects.service_id,
    items.item,
    items.title,
    items.judged_by,
    items.owner_role,
    items.verdict,
    items.reason,
    items.evidence,
    items.weight,
    items.score,
    items.is_veto,
    items.is_asked
from items
inner join subjects on items.subject_id = subjects.subject_id
