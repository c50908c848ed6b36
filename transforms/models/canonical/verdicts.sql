{#
  What people judged up to as-of. The newest verdict on a deployment counts; one that was withdrawn
  ends without putting the former one back. A verdict may name any attempt or any source's record.
#}
with
    entries as (
        select *, regexp_extract(subject, '^deployment:(.+)$', 1) as named_deployment_id
        from {{ source("build", "decisions") }}
        where kind = 'verdict' and decided_at <= {{ as_of() }}
    ),
    resolved as (
        select entries.*, deployments.deployment_id
        from entries
        left join
            {{ ref("int_deployments__collapsed") }} as deployments
            on list_contains(deployments.attempt_ids, entries.named_deployment_id)
    ),
    followed as (
        select
            *,
            lead(decided_at) over history as ended_at,
            lead(verdict) over history as next_verdict
        from resolved
        window
            history as (
                partition by coalesce(deployment_id, subject)
                order by decided_at, sequence
            )
    )
select
    decision_id as verdict_id,
    deployment_id,
    {{ pseudonym("who") }} as decided_by_id,
    subject,
    verdict,
    reason,
    case
        when next_verdict is null
        then 'current'
        when next_verdict = 'withdrawn'
        then 'withdrawn'
        else 'superseded'
    end as state,
    incident_ids,
    next_verdict is null as is_current,
    decided_at,
    ended_at
from followed
where verdict <> 'withdrawn'
