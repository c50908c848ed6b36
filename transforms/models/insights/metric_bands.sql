{#
  Where the headline metrics of the latest complete month and quarter lie in DORA's editions. A level is
  named from 20 observations on and only when the whole interval lies in it; else the range of levels.
  2025 has scores instead of bands: within an answer's range the score runs from one point above the
  published score to one below, evenly on the logarithm of the time or rate; below the first limit and
  beyond the last it runs out over the range itself and over the limit's double. A share p scores 10 - 10 p.
#}
{% set metrics = [
    "lead_time_for_changes",
    "deployment_frequency",
    "change_failure_rate",
    "failed_deployment_recovery_time",
    "rework_rate",
] %}
with
    latest as (
        select grain, max(period_start_date) as period_start_date
        from {{ ref("periods") }}
        where is_complete and grain in ('month', 'quarter')
        group by grain
    ),
    published as (
        {% for metric in metrics %}
            select
                metric,
                grain,
                scope,
                scope_id,
                state,
                {{ 7 if metric == "deployment_frequency" else 1 }} as divisor,
                value,
                n,
                ci_low,
                ci_high,
                open_count,
                is_provisional,
                period_start_date,
                period_end_date
            from {{ ref(metric) }}
            where period_start_date in (select period_start_date from latest)
            {% if not loop.last %}
                union all
            {% endif %}
        {% endfor %}
    ),
    numbers as (
        select
            published.metric,
            published.grain,
            published.scope,
            published.scope_id,
            published.state,
            published.n,
            published.value / published.divisor as value,
            published.ci_low / published.divisor as ci_low,
            published.ci_high / published.divisor as ci_high,
            case
                when published.value is null and published.open_count = 0
                then null
                else coalesce(published.ci_low / published.divisor, 0)
            end as low_end,
            case
                when published.value is null and published.open_count = 0
                then null
                else coalesce(published.ci_high / published.divisor, 'infinity'::double)
            end as high_end,
            published.is_provisional,
            published.period_start_date,
            published.period_end_date
        from published
        inner join
            latest
            on published.grain = latest.grain
            and published.period_start_date = latest.period_start_date
    ),
    editions as (
        select edition, metric, unit
        from {{ ref("dora_bands") }}
        group by edition, metric, unit
    ),
    touched as (
        select
            numbers.metric,
            numbers.grain,
            numbers.scope,
            numbers.scope_id,
            bands.edition,
            bands.level_rank,
            bands.is_derived,
            bands.lower < numbers.low_end
            or (
                bands.lower = numbers.low_end and bands.is_lower_inclusive
            ) as holds_low,
            bands.upper is null
            or bands.upper > numbers.high_end
            or (
                bands.upper = numbers.high_end and bands.is_upper_inclusive
            ) as holds_high
        from numbers
        inner join
            {{ ref("dora_bands") }} as bands
            on numbers.metric = bands.metric
            and (
                bands.lower < numbers.high_end
                or (bands.lower = numbers.high_end and bands.is_lower_inclusive)
            )
            and (
                bands.upper is null
                or bands.upper > numbers.low_end
                or (bands.upper = numbers.low_end and bands.is_upper_inclusive)
            )
    ),
    placed as (
        select
            metric,
            grain,
            scope,
            scope_id,
            edition,
            count(distinct level_rank) as level_count,
            min(level_rank) as best_rank,
            max(level_rank) as worst_rank,
            min(case when holds_low then level_rank end) as low_best_rank,
            max(case when holds_low then level_rank end) as low_worst_rank,
            min(case when holds_high then level_rank end) as high_best_rank,
            max(case when holds_high then level_rank end) as high_worst_rank,
            bool_or(is_derived) as is_derived
        from touched
        group by metric, grain, scope, scope_id, edition
    ),
    banded as (
        select
            numbers.*,
            editions.edition,
            editions.unit,
            case
                when numbers.state in ('no_data', 'uncovered')
                then 'no_data'
                when numbers.n < 10
                then 'insufficient'
                when placed.level_count > 1
                then 'range'
                when numbers.n < 20
                then 'insufficient'
                else 'single'
            end as band_state,
            {{ level_words("low_best_rank", "low_worst_rank") }} as band_low,
            {{ level_words("high_best_rank", "high_worst_rank") }} as band_high,
            {{ level_words("best_rank", "worst_rank") }} as levels,
            placed.is_derived
        from numbers
        inner join editions on numbers.metric = editions.metric
        left join
            placed
            on numbers.metric = placed.metric
            and numbers.grain = placed.grain
            and numbers.scope = placed.scope
            and numbers.scope_id = placed.scope_id
            and editions.edition = placed.edition
    ),
    points as (
        select metric, grain, scope, scope_id, 'value' as point, value as amount
        from numbers
        union all
        select metric, grain, scope, scope_id, 'low' as point, low_end as amount
        from numbers
        union all
        select metric, grain, scope, scope_id, 'high' as point, high_end as amount
        from numbers
    ),
    scored_points as (
        select
            points.metric,
            points.grain,
            points.scope,
            points.scope_id,
            points.point,
            steps.score as step,
            case
                when steps.unit is null
                then 10 - 10 * least(points.amount, 1)
                when steps.unit = 'seconds' and steps.lower = 0
                then 10 - points.amount / steps.upper
                when steps.unit = 'seconds' and steps.upper is null
                then greatest(0, 1 - ln(points.amount / steps.lower) / ln(2))
                when steps.unit = 'seconds'
                then
                    steps.score
                    + 1
                    - 2
                    * ln(points.amount / steps.lower)
                    / ln(steps.upper / steps.lower)
                when steps.lower = 0
                then points.amount / steps.upper
                when steps.upper is null
                then least(10, 9 + ln(points.amount / steps.lower) / ln(2))
                else
                    steps.score
                    - 1
                    + 2
                    * ln(points.amount / steps.lower)
                    / ln(steps.upper / steps.lower)
            end as score
        from points
        left join
            {{ ref("dora_scores_2025") }} as steps
            on points.metric = steps.metric
            and steps.record_type = 'axis'
            and steps.unit <> 'ratio'
            and (
                steps.lower < points.amount
                or (steps.lower = points.amount and steps.is_lower_inclusive)
            )
            and (
                steps.upper is null
                or steps.upper > points.amount
                or (steps.upper = points.amount and steps.is_upper_inclusive)
            )
        where points.amount is not null
    ),
    scores as (
        select
            metric,
            grain,
            scope,
            scope_id,
            max(case when point = 'value' then score end) as score,
            max(case when point = 'value' then step end) as score_step,
            min(case when point <> 'value' then score end) as score_low,
            max(case when point <> 'value' then score end) as score_high
        from scored_points
        group by metric, grain, scope, scope_id
    ),
    scored as (
        select
            numbers.*,
            case
                when numbers.metric = 'deployment_frequency'
                then 'deployments per day'
                when numbers.metric in ('change_failure_rate', 'rework_rate')
                then 'ratio'
                else 'seconds'
            end as unit,
            scores.score,
            scores.score_step,
            scores.score_low,
            scores.score_high,
            industry.score_mean,
            industry.score_sd
        from numbers
        inner join
            {{ ref("dora_scores_2025") }} as industry
            on numbers.metric = industry.metric
            and industry.industry = 'All'
        left join
            scores
            on numbers.metric = scores.metric
            and numbers.grain = scores.grain
            and numbers.scope = scores.scope
            and numbers.scope_id = scores.scope_id
    ),
    both_kinds as (
        select * exclude (low_end, high_end)
        from banded
        union all by name
        select
            2025 as edition, 'scores_only' as band_state, * exclude (low_end, high_end)
        from scored
    )
select
    metric,
    edition,
    grain,
    scope,
    scope_id,
    state,
    unit,
    band_low,
    band_high,
    case
        when band_state in ('single', 'range') then levels else band_state
    end as band_word,
    band_state,
    value,
    n,
    ci_low,
    ci_high,
    score,
    score_low,
    score_high,
    score_step,
    score_mean as industry_score_mean,
    score_sd as industry_score_sd,
    is_derived,
    is_provisional,
    period_start_date,
    period_end_date
from both_kinds
