{#
  Risk of every open change, planned change request and recent deployment: likelihood by rules and
  by the model, where there is one, impact by rules, and the nine-cell lookup. The highest rule wins.
#}
{%- set measures = {
    "change_count": "subjects.change_count::double",
    "service_failure_rate": "case when subjects.service_outcomes >= 5 then subjects.service_failures / subjects.service_outcomes end",
    "off_hours": "subjects.off_hours",
    "emergency": "subjects.emergency",
    "tier": "subjects.tier::double",
    "dependent_count": "subjects.dependent_count::double",
    "percentile": "case when card.is_used then scores.percentile end",
} -%}
with
    subjects as (
        select *
        from {{ ref("int_risk_features") }}
        where
            subject_kind <> 'deployment'
            or started_at >= {{ as_of() }} - interval 180 days
    ),
    measured as (
        {% for name, value in measures.items() %}
            select
                subjects.subject_kind,
                subjects.subject_id,
                subjects.service_id,
                '{{ name }}' as measure,
                {{ value }} as value
            from subjects
            cross join {{ ref("risk_model_card") }} as card
            left join
                {{ ref("int_risk_scores") }} as scores
                on subjects.subject_kind = scores.subject_kind
                and subjects.subject_id = scores.subject_id
                and subjects.service_id = scores.service_id
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    hits as (
        select
            measured.subject_kind,
            measured.subject_id,
            measured.service_id,
            rules.kind,
            rules.words,
            case rules.level when 'high' then 2 else 1 end as level_rank,
            row_number() over (
                partition by
                    measured.subject_kind,
                    measured.subject_id,
                    measured.service_id,
                    rules.kind
                order by case rules.level when 'high' then 2 else 1 end desc, rules.rule
            ) as preference
        from measured
        inner join
            {{ ref("risk_rules") }} as rules
            on measured.measure = rules.measure
            and measured.value >= rules.at_least
            and (rules.below is null or measured.value < rules.below)
    ),
    judged as (
        select
            subject_kind,
            subject_id,
            service_id,
            max(case when kind = 'likelihood' then level_rank end) as likelihood_rank,
            max(case when kind = 'impact' then level_rank end) as impact_rank,
            max(
                case when kind = 'likelihood' and preference = 1 then words end
            ) as likelihood_reason,
            max(
                case when kind = 'impact' and preference = 1 then words end
            ) as impact_reason
        from hits
        group by subject_kind, subject_id, service_id
    ),
    levelled as (
        select
            subjects.*,
            case
                coalesce(judged.likelihood_rank, 0)
                when 2
                then 'high'
                when 1
                then 'moderate'
                else 'low'
            end as likelihood,
            case
                coalesce(judged.impact_rank, 0)
                when 2
                then 'high'
                when 1
                then 'moderate'
                else 'low'
            end as impact,
            judged.likelihood_reason,
            judged.impact_reason
        from subjects
        left join
            judged
            on subjects.subject_kind = judged.subject_kind
            and subjects.subject_id = judged.subject_id
            and subjects.service_id = judged.service_id
    )
select
    levelled.subject_kind,
    levelled.subject_id,
    levelled.number,
    levelled.title,
    levelled.service_id,
    ownership.team_id,
    levelled.source_url,
    levelled.likelihood,
    levelled.impact,
    lookup.level as risk,
    levelled.likelihood_reason,
    levelled.impact_reason,
    scores.probability,
    scores.percentile,
    levelled.is_failed,
    levelled.started_at,
    case
        when levelled.subject_kind = 'change_request' then levelled.started_at
    end as planned_at
from levelled
inner join
    {{ ref("risk_rules") }} as lookup
    on lookup.kind = 'lookup'
    and levelled.likelihood = lookup.likelihood
    and levelled.impact = lookup.impact
left join
    {{ ref("int_risk_scores") }} as scores
    on levelled.subject_kind = scores.subject_kind
    and levelled.subject_id = scores.subject_id
    and levelled.service_id = scores.service_id
left join
    {{ ref("service_ownership") }} as ownership
    on {{ owned_on("levelled.service_id", "levelled.started_at") }}
