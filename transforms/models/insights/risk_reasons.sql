{# What each feature adds to the odds of a subject, against a deployment that is average in it. #}
with
    weights as (
        select
            level as feature,
            max(case when part = 'mean' then value end) as mean,
            max(case when part = 'sd' then value end) as sd,
            max(case when part = 'coefficient' then value end) as coefficient
        from {{ ref("int_risk_fit") }}
        where part in ('mean', 'sd', 'coefficient')
        group by level
    ),
    valued as (
        {% for feature in [
            "batch_size",
            "failure_history",
            "pause",
            "off_hours",
            "unapproved",
            "authors",
            "dependents",
            "criticality",
            "age",
            "end_of_week",
            "emergency",
            "progressive",
        ] %}
            select
                subject_kind,
                subject_id,
                service_id,
                '{{ feature }}' as feature,
                {{ feature }}::double as value
            from {{ ref("int_risk_features") }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    weighed as (
        select
            valued.*,
            coalesce(
                (valued.value - weights.mean) / weights.sd * weights.coefficient, 0.0
            ) as contribution
        from valued
        inner join weights on valued.feature = weights.feature
        inner join
            {{ ref("risk_scores") }} as scores
            on valued.subject_kind = scores.subject_kind
            and valued.subject_id = scores.subject_id
            and valued.service_id = scores.service_id
    )
select
    subject_kind,
    subject_id,
    service_id,
    feature,
    row_number() over (
        partition by subject_kind, subject_id, service_id
        order by abs(contribution) desc, feature
    ) as reason_rank,
    value,
    contribution,
    exp(contribution) as odds_ratio
from weighed
