{#
  What people judged about the cause of an incident up to as-of: decisions on a pair, and what a
  verdict says that calls a deployment failed and names its incidents. Of two statements that
  contradict each other the later one counts; one that was withdrawn ends without putting a former
  one back.
#}
with
    statements as (
        select
            *,
            case
                when kind = 'attribution'
                then verdict
                when verdict = 'failed' and incident_key is not null
                then 'confirmed'
            end as says
        from {{ ref("int_judgements") }}
    ),
    entries as (select * from statements where says <> 'withdrawn'),
    endings as (
        select
            entries.decision_id,
            entries.incident_key,
            min(later.decided_at) as ended_at,
            arg_min(later.verdict, (later.decided_at, later.sequence)) as ended_by
        from entries
        inner join
            statements as later
            on (later.decided_at, later.sequence)
            > (entries.decided_at, entries.sequence)
            and (
                (
                    later.says in ('confirmed', 'rejected', 'no_deployment')
                    and entries.incident_key = later.incident_key
                    and (
                        entries.deployment_key is not distinct from later.deployment_key
                        or (entries.says, later.says) in (
                            ('confirmed', 'no_deployment'),
                            ('no_deployment', 'confirmed')
                        )
                    )
                )
                or (
                    later.says = 'withdrawn'
                    and entries.kind = later.kind
                    and entries.incident_key = later.incident_key
                    and entries.deployment_key is not distinct from later.deployment_key
                )
                or (
                    later.kind = 'verdict'
                    and entries.deployment_key = later.deployment_key
                    and (
                        entries.kind = 'verdict'
                        or (later.verdict = 'not_failed' and entries.says = 'confirmed')
                    )
                )
            )
        group by entries.decision_id, entries.incident_key
    )
select
    entries.decision_id as verdict_id,
    entries.incident_id,
    entries.deployment_id as change_event_id,
    {{ person_of("entries.who") }} as decided_by_id,
    entries.subject,
    entries.named_incident_id,
    entries.says as verdict,
    {{ masked("entries.reason") }} as reason,
    case
        when endings.ended_by is null
        then 'current'
        when endings.ended_by = 'withdrawn'
        then 'withdrawn'
        else 'superseded'
    end as state,
    endings.ended_by is null as is_current,
    entries.decided_at,
    endings.ended_at
from entries
left join
    endings
    on entries.decision_id = endings.decision_id
    and entries.incident_key = endings.incident_key
