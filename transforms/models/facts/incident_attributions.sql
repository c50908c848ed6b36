{# What probably caused each incident: a deployment, none, or nothing that can be said. #}
with
    judged as (
        select
            incident_id,
            sum(probability) as suspects_probability,
            count(case when is_candidate then 1 end) as suspect_count,
            arg_min(change_event_id, suspect_rank) as top_change_event_id,
            max(probability) as top_probability,
            max(case when judgement = 'confirmed' then evidence end) as evidence
        from {{ ref("incident_suspects") }}
        group by incident_id
    ),
    fits as (select count(*) > 0 as is_fitted from {{ ref("int_attribution_fit") }}),
    attributed as (
        select
            incidents.incident_id,
            judged.evidence,
            coalesce(judged.suspect_count, 0) as suspect_count,
            judged.top_change_event_id,
            coalesce(judged.top_probability, 0.0) as top_probability,
            greatest(
                1.0 - coalesce(judged.suspects_probability, 0.0), 0.0
            ) as none_probability,
            modelled.probability as model_none_probability,
            modelled.background_per_week,
            case when fits.is_fitted then 'fitted' else 'fixed_weights' end as model
        from {{ ref("fct_incidents") }} as incidents
        inner join
            (
                select *
                from {{ ref("int_incident_suspects") }}
                where change_event_id is null
            ) as modelled
            on incidents.incident_id = modelled.incident_id
        left join judged on incidents.incident_id = judged.incident_id
        cross join fits
    )
select
    incident_id,
    case
        when top_probability >= 0.5
        then 'deployment'
        when none_probability >= 0.5
        then 'not_deployment'
        else 'unsure'
    end as attribution,
    case
        when evidence is not null
        then evidence
        when suspect_count = 0
        then 'no_candidate'
        when model = 'fitted'
        then 'model'
        else model
    end as basis,
    none_probability,
    model_none_probability,
    suspect_count,
    top_change_event_id,
    top_probability,
    background_per_week,
    model
from attributed
