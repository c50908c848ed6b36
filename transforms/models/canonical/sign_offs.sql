{#
  Who vouched for what is to be released: an item of the checklist that somebody scored, or the approval
  of a role. Each binds to one artifact, so that a new build of the same version has none. The newest of
  an item counts, and of a person the newest approval: nobody approves for two roles.
#}
with
    decisions as (
        select *, try_cast(reason as json) as document
        from {{ source("staging", "decisions") }}
        where kind = 'sign_off' and decided_at <= {{ as_of() }}
    ),
    withdrawals as (
        select
            document ->> '$.sign_off_id' as decision_id, min(decided_at) as withdrawn_at
        from decisions
        where verdict = 'withdrawn'
        group by document ->> '$.sign_off_id'
    ),
    given as (
        select
            decisions.decision_id as sign_off_id,
            decisions.document ->> '$.service_id' as service_id,
            decisions.document ->> '$.artifact_key' as artifact_key,
            case
                when decisions.document ->> '$.role' is null then 'item' else 'approval'
            end as kind,
            decisions.document ->> '$.item' as item,
            decisions.document ->> '$.role' as role_name,
            decisions.verdict,
            decisions.document ->> '$.evidence' as evidence_url,
            {{ masked("decisions.document ->> '$.words'") }} as words,
            {{ person_of("decisions.who") }} as signed_by_id,
            decisions.decided_at as signed_at,
            decisions.sequence,
            withdrawals.withdrawn_at
        from decisions
        left join withdrawals on decisions.decision_id = withdrawals.decision_id
        where decisions.verdict <> 'withdrawn'
    ),
    followed as (
        select
            *,
            lead(signed_at) over (
                partition by
                    service_id,
                    artifact_key,
                    kind,
                    case when kind = 'item' then item else signed_by_id end
                order by signed_at, sequence
            ) as replaced_at
        from given
    )
select
    sign_off_id,
    service_id,
    artifact_key,
    kind,
    item,
    role_name,
    verdict,
    evidence_url,
    words,
    signed_by_id,
    signed_at,
    least(withdrawn_at, replaced_at) as ended_at
from followed
