{# Jira states when the whole approval ended, not when each person decided. #}
select
    source
    || ':'
    || issue_id
    || ':'
    || approval_id
    || ':'
    || approver_id as approval_id,
    source || ':' || issue_id as change_request_id,
    nullif(approver_id, '') as approver_id,
    case
        when decision = 'declined'
        then 'rejected'
        when decision = 'approved'
        then 'approved'
        when final_decision = 'pending'
        then 'requested'
        else 'not_required'
    end as state,
    created_at,
    case when decision in ('approved', 'declined') then completed_at end as decided_at,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_jira__approvals", "source, issue_id, approval_id, approver_id") }}
