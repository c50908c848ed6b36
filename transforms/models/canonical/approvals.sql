{# What was approved is stated by type and key; a source that only knows change requests says no more. #}
select
    * replace (
        coalesce(
            subject_type,
            case when change_request_id is not null then 'change_request' end
        ) as subject_type,
        coalesce(subject_id, change_request_id) as subject_id
    )
from {{ from_sources("approvals") }}
