{#
  How far each goal is reached: months and quarters in which it began to hold, and the last 90 days.
  A verdict needs the whole interval on one side of the target; a sum of what happened has no
  interval and is compared as it is. `var('metrics')` is the folder models/metrics, named by whoever
  runs dbt.
#}
{%- set columns -%}
metric, grain, scope, scope_id, state, value, n, ci_low, ci_high, open_count, is_provisional,
period_start_date, period_end_date
{%- endset -%}
{%- set today = local_date(as_of()) -%}
{%- set current = [] -%}
{%- if execute and load_relation(ref("goals")) is not none -%}
    {%- set current = run_query(
        "select goal_id, metric, scope, scope_id, "
        ~ "cast("
        ~ today
        ~ " as varchar) as last_date from "
        ~ ref("goals")
        ~ " where coalesce(effective_from_date, date '1900-01-01') <= "
        ~ today
        ~ " and coalesce(effective_to_date, date '9999-12-31') >= "
        ~ today
        ~ " order by goal_id"
    ).rows -%}
{%- endif -%}
with
    published as (
        {% for metric in var("metrics") %}
            select {{ columns }}
            from {{ ref(metric) }}
            where grain in ('month', 'quarter')
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    reached as (
        select
            goals.goal_id,
            published.* exclude (metric, scope, scope_id),
            periods.is_complete
        from {{ ref("goals") }} as goals
        inner join
            published
            on goals.metric = published.metric
            and goals.scope = published.scope
            and goals.scope_id = published.scope_id
            and coalesce(goals.effective_from_date, date '1900-01-01')
            <= published.period_start_date
            and coalesce(goals.effective_to_date, date '9999-12-31')
            >= published.period_start_date
        inner join
            {{ ref("periods") }} as periods
            on published.grain = periods.grain
            and published.period_start_date = periods.period_start_date
        {% for goal in current %}
            union all
            select
                {{ text_literal(goal[0]) }} as goal_id,
                'last_90_days' as grain,
                state,
                value,
                n,
                ci_low,
                ci_high,
                open_count,
                is_provisional,
                period_start_date,
                period_end_date,
                true as is_complete
            from
                {{ this.schema }}.{{ goal[1] }}_between(
                    date '{{ goal[4] }}' - 89,
                    date '{{ goal[4] }}' + 1
                    {%- if goal[2] == "team" %}
                        , team_ids := [{{ text_literal(goal[3]) }}]
                    {%- elif goal[2] == "service" %}
                        , service_ids := [{{ text_literal(goal[3]) }}]
                    {%- endif %}
                )
        {% endfor %}
    ),
    bounded as (
        select
            reached.*,
            goals.* exclude (goal_id, effective_from_date, effective_to_date),
            definitions.unit,
            definitions.direction,
            case
                when definitions.kind = 'total'
                then reached.value
                when reached.ci_low is not null or reached.ci_high is not null
                then coalesce(reached.ci_low, 0)
            end as low_end,
            case
                when definitions.kind = 'total'
                then reached.value
                when reached.ci_low is not null or reached.ci_high is not null
                then coalesce(reached.ci_high, 'infinity'::double)
            end as high_end
        from reached
        inner join {{ ref("goals") }} as goals on reached.goal_id = goals.goal_id
        inner join
            {{ ref("metric_definitions") }} as definitions
            on goals.metric = definitions.metric
    )
select
    goal_id,
    metric,
    scope,
    scope_id,
    grain,
    case
        when state in ('no_data', 'uncovered')
        then 'no_data'
        when state <> 'ok' or low_end is null
        then 'too_little_data'
        when
            (direction = 'lower' and high_end <= target_value)
            or (direction = 'higher' and low_end >= target_value)
        then 'on_target'
        when
            (direction = 'lower' and low_end > target_value)
            or (direction = 'higher' and high_end < target_value)
        then 'off_target'
        else 'watch'
    end as verdict,
    state,
    value,
    n,
    ci_low,
    ci_high,
    unit,
    direction,
    target_value,
    target_words,
    owner,
    reason,
    is_provisional,
    is_complete,
    period_start_date,
    period_end_date
from bounded
