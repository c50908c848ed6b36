{# Why a review is required, and until when each reason leaves time; policy.yml changes any of them. #}
{%- set triggers = [
    "failed",
    "failed_low_severity",
    "rolled_back",
    "emergency",
    "tier_1_release",
    "degradation",
    "data_loss",
    "slow_resolution",
    "monitoring_failure",
] -%}
with
    triggers as (
        {%- for name in triggers %}
            select '{{ name }}' as trigger_name
            {% if not loop.last %}
                union all
            {% endif %}
        {%- endfor %}
    ),
    policy as (select * from {{ policy_rows("reviews") }})
select
    triggers.trigger_name,
    coalesce(
        try_cast(policy.document ->> '$.is_required' as boolean), true
    ) as is_required,
    coalesce(policy.document ->> '$.clock', 'calendar') as clock,
    coalesce(
        try_cast(policy.document ->> '$.due_hours' as double),
        {{ threshold("review_due_hours") }}
    ) as due_hours,
    try_cast(policy.document -> '$.words' as varchar[]) as words
from triggers
left join policy on triggers.trigger_name = policy.policy_key
