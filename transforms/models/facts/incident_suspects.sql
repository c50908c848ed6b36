{#
  Every change event that may have caused an incident, with its probability. What a person confirmed
  or a record names has probability 1, what a person rejected 0; the model's own word stands beside.
#}
with
    said as (
        select
            incident_id,
            deployment_id as change_event_id,
            bool_or(is_confirmed) as is_named,
            arg_max(
                case evidence when 'verdict' then 'verdict' else 'record' end,
                evidence = 'verdict'
            ) as evidence
        from {{ ref("deployment_incidents") }}
        group by incident_id, deployment_id
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
    candidates as (
        select
            coalesce(modelled.incident_id, said.incident_id) as incident_id,
            coalesce(modelled.change_event_id, said.change_event_id) as change_event_id,
            modelled.incident_id is not null as is_candidate,
            said.evidence,
            case when said.is_named then 'confirmed' end as judgement,
            coalesce(said.is_named, false) as is_named,
            modelled.* exclude (incident_id, change_event_id)
        from modelled
        full outer join
            (select * from said where is_named) as said
            on modelled.incident_id = said.incident_id
            and modelled.change_event_id = said.change_event_id
    ),
    judged as (
        select
            candidates.*,
            case
                when candidates.is_named
                then 1.0 / named.named_count
                when named.named_count is not null
                then 0.0
                else candidates.probability
            end as final_probability
        from candidates
        left join named on candidates.incident_id = named.incident_id
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
inner join
    {{ ref("change_events") }} as events
    on judged.change_event_id = events.change_event_id
