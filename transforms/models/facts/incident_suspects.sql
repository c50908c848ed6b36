{#
  Every change event that may have caused an incident, with its probability. What a person confirmed
  or a record names has probability 1, what a person rejected 0; the model's own word stands beside.
#}
with
    events as (select * from {{ ref("change_events") }}),
    said as (
        select
            links.incident_id,
            links.deployment_id as change_event_id,
            bool_or(links.is_confirmed) as is_named,
            arg_max(
                case links.evidence when 'verdict' then 'verdict' else 'record' end,
                links.evidence = 'verdict'
            ) as evidence
        from {{ ref("deployment_incidents") }} as links
        inner join events on links.deployment_id = events.change_event_id
        group by links.incident_id, links.deployment_id
    ),
    named as (
        select incident_id, count(*) as named_count
        from said
        where is_named
        group by incident_id
    ),
    modelled as (
        select *
        from {{ ref("int_incident_suspects") }}
        where change_event_id is not null
    ),
    verdicts as (
        select *
        from {{ ref("attribution_verdicts") }}
        where is_current and incident_id is not null
    ),
    rejected as (
        select incident_id, change_event_id
        from verdicts
        where verdict = 'rejected' and change_event_id is not null
        group by incident_id, change_event_id
    ),
    cleared as (
        select incident_id
        from verdicts
        where verdict = 'no_deployment'
        group by incident_id
    ),
    candidates as (
        select
            coalesce(modelled.incident_id, said.incident_id) as incident_id,
            coalesce(modelled.change_event_id, said.change_event_id) as change_event_id,
            modelled.incident_id is not null as is_candidate,
            said.evidence,
            said.incident_id is not null as is_named,
            modelled.* exclude (incident_id, change_event_id)
        from modelled
        full outer join
            (select * from said where is_named) as said
            on modelled.incident_id = said.incident_id
            and modelled.change_event_id = said.change_event_id
    ),
    weighed as (
        select
            candidates.*,
            rejected.incident_id is not null as is_rejected,
            cleared.incident_id is not null as is_cleared,
            sum(
                case
                    when rejected.incident_id is not null
                    then candidates.probability
                    else 0.0
                end
            ) over (partition by candidates.incident_id) as rejected_probability
        from candidates
        left join
            rejected
            on candidates.incident_id = rejected.incident_id
            and candidates.change_event_id = rejected.change_event_id
        left join cleared on candidates.incident_id = cleared.incident_id
    ),
    judged as (
        select
            weighed.*,
            case
                when weighed.is_named
                then 'confirmed'
                when weighed.is_rejected
                then 'rejected'
            end as judgement,
            case
                when weighed.is_named
                then 1.0 / named.named_count
                when
                    named.named_count is not null
                    or weighed.is_cleared
                    or weighed.is_rejected
                then 0.0
                {# what is left is shared out in proportion #}
                else
                    weighed.probability
                    / nullif(1.0 - weighed.rejected_probability, 0.0)
            end as final_probability
        from weighed
        left join named on weighed.incident_id = named.incident_id
    )
select
    judged.incident_id,
    judged.change_event_id,
    events.type,
    events.service_id,
    row_number() over (
        partition by judged.incident_id
        order by
            judged.final_probability desc,
            judged.probability desc nulls last,
            judged.seconds_before nulls last,
            judged.change_event_id
    ) as suspect_rank,
    judged.final_probability as probability,
    coalesce(judged.probability, 0.0) as model_probability,
    case
        when judged.final_probability >= 0.5
        then 'linked'
        when judged.final_probability >= 0.3
        then 'suspected'
        else 'unlikely'
    end as likelihood,
    judged.evidence,
    judged.judgement,
    judged.is_candidate,
    judged.hop_count,
    judged.seconds_before,
    judged.is_in_flight,
    events.change_count,
    judged.decay_multiplier,
    judged.distance_multiplier,
    judged.batch_multiplier,
    judged.service_multiplier
from judged
inner join events on judged.change_event_id = events.change_event_id
