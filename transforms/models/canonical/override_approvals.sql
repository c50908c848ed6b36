{# What people approved beforehand to be deployed outside of the allowed hours, as decisions. #}
with
    decisions as (
        select *, try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where kind = 'override_approval' and decided_at <= {{ as_of() }}
    ),
    withdrawals as (
        {# each is ended by the first withdrawal after it #}
        select given.decision_id, min(taken.decided_at) as withdrawn_at
        from decisions as given
        inner join
            decisions as taken
            on given.subject = taken.subject
            and given.decided_at <= taken.decided_at
        where given.verdict = 'approved' and taken.verdict = 'withdrawn'
        group by given.decision_id
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
left join withdrawals on decisions.decision_id = withdrawals.decision_id
where decisions.verdict = 'approved'
