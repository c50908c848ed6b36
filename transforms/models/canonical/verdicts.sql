{#
  What people judged up to as-of. The newest verdict on a deployment counts; one that was withdrawn
  ends without putting the former one back. A verdict may name any attempt or any source's record.
  Who later confirms that the deployment caused an incident no longer finds that it did not fail.
#}
with
    judgements as (select * from {{ ref("int_judgements") }}),
    entries as (
        select
            decision_id,
            any_value(sequence) as sequence,
            any_value(deployment_id) as deployment_id,
            any_value(deployment_key) as deployment_key,
            any_value(who) as who,
            any_value(subject) as subject,
            any_value(verdict) as verdict,
            any_value(reason) as reason,
            coalesce(
                list(named_incident_id order by named_incident_id) filter (
                    where named_incident_id is not null
                ),
                []
            ) as incident_ids,
            any_value(decided_at) as decided_at
        from judgements
        where kind = 'verdict'
        group by decision_id
    ),
    endings as (
        select
            entries.decision_id,
            min(later.decided_at) as ended_at,
            arg_min(later.verdict, (later.decided_at, later.sequence)) as ended_by
        from entries
        inner join
            judgements as later
            on (later.decided_at, later.sequence)
            > (entries.decided_at, entries.sequence)
            and coalesce(entries.deployment_key, entries.subject)
            = coalesce(later.deployment_key, later.subject)
            and (
                later.kind = 'verdict'
                or (entries.verdict = 'not_failed' and later.verdict = 'confirmed')
            )
        group by entries.decision_id
    )
select
    entries.decision_id as verdict_id,
    entries.deployment_id,
    {{ person_of("entries.who") }} as decided_by_id,
    entries.subject,
    entries.verdict,
    {{ masked("entries.reason") }} as reason,
    case
        when endings.ended_by is null
        then 'current'
        when endings.ended_by = 'withdrawn'
        then 'withdrawn'
        else 'superseded'
    end as state,
    entries.incident_ids,
    endings.ended_by is null as is_current,
    entries.decided_at,
    endings.ended_at
from entries
left join endings on entries.decision_id = endings.decision_id
where entries.verdict <> 'withdrawn'
