{#
  The risk of each change request by every engine that has a say: what its record states, the lookup
  of likelihood and impact, the model. The highest decides.
#}
with
    requests as (
        select * from {{ ref("change_requests") }} where is_current and not is_deleted
    ),
    deployed as (
        select change_request_id, min(deployment_id) as deployment_id
        from {{ ref("deployment_details") }}
        where change_request_id is not null
        group by change_request_id
    ),
    scores as (select * from {{ ref("risk_scores") }}),
    used as (
        select coalesce(bool_or(is_used), false) as is_used
        from {{ ref("risk_model_card") }}
    ),
    levels as (
        select
            requests.change_request_id,
            requests.number,
            requests.service_id,
            requests.type,
            deployed.deployment_id,
            case
                when
                    lower(requests.risk)
                    in ('1', '2', 'high', 'very high', 'very_high', 'critical')
                then 'high'
                when lower(requests.risk) in ('3', 'moderate', 'medium')
                then 'moderate'
                when lower(requests.risk) in ('4', 'low', 'minor', 'none')
                then 'low'
            end as stated_risk,
            scores.likelihood,
            scores.impact,
            lookup.level as lookup_risk,
            case
                when not used.is_used or scores.percentile is null
                then null
                when scores.percentile >= 0.9
                then 'high'
                when scores.percentile >= 0.5
                then 'moderate'
                else 'low'
            end as model_risk,
            requests.planned_start_at
        from requests
        cross join used
        left join deployed on requests.change_request_id = deployed.change_request_id
        left join
            scores
            on (
                scores.subject_kind = 'deployment'
                and scores.subject_id = deployed.deployment_id
            )
            or (
                deployed.deployment_id is null
                and scores.subject_kind = 'change_request'
                and scores.subject_id = requests.change_request_id
            )
        left join
            {{ ref("risk_rules") }} as lookup
            on lookup.kind = 'lookup'
            and scores.likelihood = lookup.likelihood
            and scores.impact = lookup.impact
    ),
    engines as (
        select
            change_request_id,
            1 as engine_order,
            'record' as engine,
            stated_risk as risk
        from levels
        union all
        select change_request_id, 2, 'lookup', lookup_risk
        from levels
        union all
        select change_request_id, 3, 'model', model_risk
        from levels
    ),
    highest as (
        select
            change_request_id,
            arg_max(risk, ({{ risk_order("risk") }}, - engine_order)) as risk,
            arg_max(
                engine, ({{ risk_order("risk") }}, - engine_order)
            ) as highest_engine
        from engines
        where risk is not null
        group by change_request_id
    )
select
    levels.change_request_id,
    levels.number,
    levels.service_id,
    levels.type,
    levels.deployment_id,
    levels.stated_risk,
    levels.likelihood,
    levels.impact,
    levels.lookup_risk,
    levels.model_risk,
    highest.risk,
    highest.highest_engine,
    levels.type = 'standard'
    and coalesce(highest.risk = 'high', false) as is_misclassified,
    levels.planned_start_at
from levels
left join highest on levels.change_request_id = highest.change_request_id
qualify
    row_number() over (
        partition by levels.change_request_id
        order by levels.deployment_id, levels.service_id
    )
    = 1
