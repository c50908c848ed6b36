with
    approvers as (
        select * from {{ newest("stg_servicenow__approvals", "source, sys_id") }}
    ),
    approvals as (
        select
            source || ':' || sys_id as approval_id,
            source || ':' || subject_sys_id as change_request_id,
            approver_id,
            state,
            created_at,
            case
                when state in ('approved', 'rejected') then source_updated_at
            end as decided_at,
            source,
            page_id,
            ordinal,
            read_at
        from approvers
    )
select *
from approvals
