{#
  What probably caused each incident: a deployment, none, or nothing that can be said. That none
  did is only said of days for which deployments were read, and of incidents with a known service.
#}
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
    gaps as (
        select
            incidents.incident_id,
            count(case when not days.is_covered then 1 end)
            + case when count(*) < 4 then 1 else 0 end as day_count
        from {{ ref("fct_incidents") }} as incidents
        inner join
            {{ ref("coverage_days") }} as days
            on days.domain = 'deployments'
            and days.calendar_date
            between incidents.impact_started_date - 3 and incidents.impact_started_date
        group by incidents.incident_id
    ),
    attributed as (
        select
            incidents.incident_id,
            coalesce(
                judged.evidence,
                case when cleared.incident_id is not null then 'verdict' end
            ) as evidence,
            coalesce(judged.suspect_count, 0) as suspect_count,
            judged.top_change_event_id,
            coalesce(judged.top_probability, 0.0) as top_probability,
            case
                when modelled.incident_id is not null or judged.evidence is not null
                then greatest(1.0 - coalesce(judged.suspects_probability, 0.0), 0.0)
            end as none_probability,
            modelled.incident_id is not null as has_service,
            coalesce(gaps.day_count, 1) = 0 as is_covered,
            modelled.probability as model_none_probability,
            modelled.background_per_week,
            case when fits.is_fitted then 'fitted' else 'fixed_weights' end as model
        from {{ ref("fct_incidents") }} as incidents
        left join
            (
                select *
                from {{ ref("int_incident_suspects") }}
                where change_event_id is null
            ) as modelled
            on incidents.incident_id = modelled.incident_id
        left join judged on incidents.incident_id = judged.incident_id
        left join
            (
                select incident_id
                from {{ ref("attribution_verdicts") }}
                where is_current and verdict = 'no_deployment'
                group by incident_id
            ) as cleared
            on incidents.incident_id = cleared.incident_id
        left join gaps on incidents.incident_id = gaps.incident_id
        cross join fits
        where incidents.exclusion_reason is null
    )
select
    incident_id,
    case
        when top_probability >= 0.5
        then 'deployment'
        when evidence is null and not (has_service and is_covered)
        then 'unsure'
        when none_probability >= 0.5
        then 'not_deployment'
        else 'unsure'
    end as attribution,
    case
        when evidence is not null
        then evidence
        when not has_service
        then 'unknown_service'
        when not is_covered and top_probability < 0.5
        then 'uncovered'
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
