{# What people approved beforehand to be deployed outside of the allowed hours, as decisions. #}
with
    decisions as (
        select *, try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where kind = 'override_approval' and decided_at <= {{ as_of() }}
    ),
    withdrawals as (
        select subject, min(decided_at) as withdrawn_at
        from decisions
        where verdict = 'withdrawn'
        group by subject
    )
select
    decisions.decision_id as override_approval_id,
    decisions.document ->> '$.service_id' as service_id,
    decisions.document ->> '$.environment_id' as environment_id,
    {{ person_of("decisions.who") }} as approver_id,
    {{ masked("decisions.document ->> '$.reason'") }} as reason,
    {{ masked("decisions.document ->> '$.link'") }} as link,
    decisions.decided_at as approved_at,
    withdrawals.withdrawn_at
from decisions
left join
    withdrawals
    on decisions.subject = withdrawals.subject
    and decisions.decided_at <= withdrawals.withdrawn_at
where decisions.verdict = 'approved'
