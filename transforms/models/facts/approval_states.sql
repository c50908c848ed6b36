{#
  What each approver of a change request had said from when on. An approval that is taken back
  later stood until then, so that every version that was read counts, not only the newest.
#}
with
    desk as (
        select
            source || ':' || sys_id as approval_id,
            source || ':' || subject_sys_id as change_request_id,
            state,
            created_at,
            coalesce(source_updated_at, read_at) as known_from,
            read_at
        from {{ ref("stg_servicenow__approvals") }}
        where read_at <= {{ as_of() }} and subject_sys_id is not null
    ),
    newest as (
        select
            approval_id,
            change_request_id,
            state,
            created_at,
            coalesce(decided_at, created_at, read_at) as known_from,
            read_at
        from {{ ref("approvals") }}
        where
            change_request_id is not null
            and approval_id not in (select approval_id from desk)
            {# a decision of no known time may have come afterwards #}
            and (decided_at is not null or state not in ('approved', 'rejected'))
    )
select *
from desk
union all
select *
from newest
