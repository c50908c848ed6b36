{#
  Deployments and failures by factor, level and stratum. `var('factors')` is the folder of factors,
  named by whoever runs dbt. A stratum holds equal what the factor's file says is held equal.
#}
with
    levels as (
        {% for name in var("factors") %}
            select
                {{ text_literal(name.removeprefix("int_factors__")) }} as factor,
                deployment_id,
                level,
                level_order
            from {{ ref(name) }}
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    )
select
    levels.factor,
    levels.level,
    cast(levels.level_order as bigint) as level_order,
    concat_ws(
        ', ',
        case when list_contains(factors.controls, 'tier') then outcomes.tier end,
        case
            when not list_contains(factors.controls, 'working_hours')
            then null
            when outcomes.is_working_time
            then 'working hours'
            else 'other hours'
        end
    ) as stratum,
    count(*) as n,
    count(case when outcomes.is_failed then 1 end) as failed_count
from levels
inner join
    {{ ref("int_failure_outcomes") }} as outcomes
    on levels.deployment_id = outcomes.deployment_id
inner join {{ ref("failure_factors") }} as factors on levels.factor = factors.factor
group by all
order by all
