{#
  Materialization of a metric. The model is the rows behind the number, in one shape:
  observation_id, service_id, team_id, anchor_date, anchor_at, value, is_numerator, is_open, is_bot,
  exclusion_reason, label, source_url. From it come, by one body:
    v1.<metric>_observations   those rows, included and excluded;
    v1.<metric>                the number by grain, period and scope;
    v1.<metric>_between(...)   the same number for any range of days, teams and services, with or
                               without the work of bots;
    v1.<metric>_teams_between(...) the same for each team that has rows in a range of days.
  config: kind (median, ratio, frequency, survival, total, days_per_week), domain (which coverage
  applies), is_per_service (one observation may belong to several services alike),
  is_counted_once (a row says by is_shared that other services may have the same observation),
  is_expected (of a ratio: each row counts with its value, a probability, instead of whole),
  per (of a frequency: week, or working_day, which counts over covered working days).
#}
{% materialization metric, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set observations -%}"{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_observations"{%- endset -%}
    {%- set between -%}"{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_between"{%- endset -%}
    {%- set teams_between -%}"{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_teams_between"{%- endset -%}
    {% call statement('main') -%}
        create or replace view {{ observations }} as {{ compiled_code }};
        create or replace table {{ target_relation }} as
        with
            frames as (
                select
                    periods.grain, periods.period_start_date, periods.period_end_date,
                    scopes.scope, scopes.scope_id, scopes.active_from_date, scopes.active_to_date
                from {{ ref('periods') }} as periods
                cross join {{ ref('scopes') }} as scopes
            ),
            scoped as ({{ scoped_observations(observations) }}),
            {# read twice with few columns: a copy of all of them would be twelve times the rows #}
            {# each day with the periods it lies in: an equality is many times faster than a range #}
            days as (
                select
                    grain, period_start_date, period_end_date,
                    cast(unnest(generate_series(
                        period_start_date, period_end_date - 1, interval 1 day
                    )) as date) as anchor_date
                from {{ ref('periods') }}
            ),
            keyed as not materialized (
                select
                    days.grain, days.period_start_date, days.period_end_date,
                    scoped.*
                from scoped
                inner join days on scoped.anchor_date = days.anchor_date
            ),
            {{ metric_body() }}
        ;
        {{ metric_between(between, observations) }}
        {{ metric_between(teams_between, observations, is_by_team=true) }}
        {{ describe_metric(target_relation, observations) }}
    {%- endcall %}
    {{ refuse_shared_keys(target_relation) }}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{# The table macro for any range of days: one row for a selection, or one for each team. #}
{% macro metric_between(name, observations, is_by_team=false) %}
        create or replace macro {{ name }}(
            from_date, to_date,
            {% if not is_by_team %}team_ids := null::varchar[], service_ids := null::varchar[],{% endif %}
            include_bots := true, zone := null::varchar
        ) as table
        with
            matching as (
                {# days of another zone are cut from the instant; which of them are covered is known by the report zone's #}
                select
                    * replace (
                        case
                            when not include_bots and is_bot then coalesce(exclusion_reason, 'bot')
                            else exclusion_reason
                        end as exclusion_reason,
                        case
                            when zone::varchar is null then anchor_date
                            else cast((anchor_at at time zone 'UTC') at time zone zone::varchar as date)
                        end as anchor_date
                    )
                from {{ observations }}
                where
                    {% if is_by_team %}
                    team_id is not null
                    {% else %}
                    (team_ids::varchar[] is null or list_contains(team_ids::varchar[], team_id))
                    and (service_ids::varchar[] is null or list_contains(service_ids::varchar[], service_id))
                    {% endif %}
            ),
            frames as (
                {% if is_by_team %}
                select distinct
                    'custom' as grain, from_date::date as period_start_date,
                    to_date::date as period_end_date, 'team' as scope, team_id as scope_id,
                    null::date as active_from_date, null::date as active_to_date
                from matching
                where anchor_date >= from_date::date and anchor_date < to_date::date
                {% else %}
                select
                    'custom' as grain, from_date::date as period_start_date,
                    to_date::date as period_end_date, 'selection' as scope, 'selection' as scope_id,
                    active_from_date, active_to_date
                from (
                    select
                        case when count(*) = count(active_from_date) then min(active_from_date) end as active_from_date,
                        case when count(*) = count(active_to_date) then max(active_to_date) end as active_to_date
                    from {{ ref('services') }}
                    where list_contains(service_ids::varchar[], service_id)
                )
                {% endif %}
            ),
            scoped as (
                {% if is_by_team %}
                select 'team' as scope, team_id as scope_id, {{ observation_columns() }}
                from {{ counted_observations('matching', within='team_id, ') }}
                {% else %}
                select 'selection' as scope, 'selection' as scope_id, {{ observation_columns() }}
                from {{ counted_observations('matching') }}
                {% endif %}
            ),
            keyed as not materialized (
                select
                    'custom' as grain, from_date::date as period_start_date,
                    to_date::date as period_end_date, scoped.*
                from scoped
                where anchor_date >= from_date::date and anchor_date < to_date::date
            ),
            {{ metric_body() }}
        ;
{% endmacro %}


{% macro observation_columns() -%}
observation_id, anchor_date, anchor_at, value, is_numerator, is_open, is_bot, exclusion_reason
{%- endmacro %}


{#
  Each observation once, where several services may share one: an incident is the same row for each
  of its services; a change of a shared repository counts where it went live first.
#}
{% macro counted_observations(relation, within='') -%}
{%- if config.get('is_per_service', false) -%}
(select distinct {{ within }}{{ observation_columns() }} from {{ relation }})
{%- elif config.get('is_counted_once', false) -%}
{{ once(relation, within) }}
{%- else -%}
{{ relation }}
{%- endif -%}
{%- endmacro %}


{# Observations of shared repositories once, where they went live first; the rest as they are. #}
{% macro once(relation, within='') -%}
(
    select {{ within }}{{ observation_columns() }}
    from {{ relation }}
    where not is_shared
    union all
    select {{ within }}{{ observation_columns() }}
    from {{ relation }}
    where is_shared
    qualify row_number() over (
        partition by {{ within }}observation_id
        order by exclusion_reason is not null, anchor_at, service_id
    ) = 1
)
{%- endmacro %}


{% macro scoped_observations(observations) %}
    select 'organisation' as scope, 'all' as scope_id, {{ observation_columns() }}
    from {{ counted_observations(observations) }}
    union all
    select 'team' as scope, team_id as scope_id, {{ observation_columns() }}
    from {{ counted_observations(observations, within='team_id, ') }}
    where team_id is not null
    union all
    select 'service' as scope, service_id as scope_id, {{ observation_columns() }}
    from {{ observations }}
    where service_id is not null
{% endmacro %}


{# From frames and keyed to the metric's rows; the same text serves the table and the table macro. #}
{% macro metric_body() %}
    {%- set kind = config.require('kind') -%}
    {%- set domain = config.require('domain') -%}
    {%- set is_uncovered = '(has_source and covered_day_count = 0)' -%}
            covered as (
                select
                    frames.*,
                    frames.period_end_date - frames.period_start_date as day_count,
                    {{ covered_count('covered_day_count') }} as covered_day_count,
                    {{ covered_count('covered_working_day_count') }} as covered_working_day_count,
                    coverage.domain is not null as has_source,
                    coverage.first_date,
                    coverage.last_date
                from frames
                left join {{ ref('coverage') }} as coverage on coverage.domain = '{{ domain }}'
                left join {{ ref('coverage_days') }} as days_before
                    on coverage.domain = days_before.domain
                    and least(frames.period_start_date - 1, coverage.last_date) = days_before.calendar_date
                left join {{ ref('coverage_days') }} as days_through
                    on coverage.domain = days_through.domain
                    and least(frames.period_end_date - 1, coverage.last_date) = days_through.calendar_date
            ),
            exclusions as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(exclusion_reason) as excluded_count,
                    count(case when is_bot and exclusion_reason is null then 1 end) as bot_count
                from keyed
                group by grain, period_start_date, scope, scope_id
            ),
            included as (select * from keyed where exclusion_reason is null),
            {{ measures(kind) }},
            combined as (
                select
                    covered.*,
                    coalesce(measures.n, 0) as n,
                    measures.* exclude (grain, period_start_date, scope, scope_id, n),
                    coalesce(exclusions.excluded_count, 0) as excluded_count,
                    coalesce(exclusions.bot_count, 0) as bot_count
                from covered
                left join measures
                    on covered.grain = measures.grain
                    and covered.period_start_date = measures.period_start_date
                    and covered.scope = measures.scope
                    and covered.scope_id = measures.scope_id
                left join exclusions
                    on covered.grain = exclusions.grain
                    and covered.period_start_date = exclusions.period_start_date
                    and covered.scope = exclusions.scope
                    and covered.scope_id = exclusions.scope_id
            ),
            judged as (
                select
                    *,
                    {{ metric_interval(kind) }}
                from combined
            )
        select
            '{{ this.identifier }}' as metric,
            grain,
            scope,
            scope_id,
            case
                when {{ is_uncovered }} then 'uncovered'
                when {{ 'coalesce(denominator, 0) = 0' if kind == 'frequency' else 'n = 0' }} then 'no_data'
                when n < 10 then 'insufficient'
                else 'ok'
            end as state,
            '{{ metric_meta().unit }}' as unit,
            {{ definition_version() }} as definition_version,
            {# what was seen of days that nobody read for is no number #}
            case when not {{ is_uncovered }} then value end as value,
            cast(n as bigint) as n,
            numerator,
            denominator,
            {%- for column in ('ci_low', 'ci_high', 'mean', 'p75', 'p90', 'p95', 'restricted_mean') %}
            case when not {{ is_uncovered }} then {{ column }} end as {{ column }},
            {%- endfor %}
            cast(coalesce(open_count, 0) as bigint) as open_count,
            cast(excluded_count as bigint) as excluded_count,
            cast(bot_count as bigint) as bot_count,
            case when has_source then covered_day_count / nullif(day_count, 0) else 0.0 end as coverage,
            has_source and covered_day_count > 0 and covered_day_count < 0.8 * day_count as is_partial,
            period_end_date > {{ local_date(as_of() ~ " - interval 72 hours") }} as is_provisional,
            period_start_date,
            period_end_date
        from judged
{% endmacro %}


{# Covered days inside a period: what is counted through its last day without what was counted before it. #}
{% macro covered_count(column) -%}
coalesce(days_through.{{ column }}, 0) - coalesce(days_before.{{ column }}, 0)
{%- endmacro %}


{% macro metric_meta() %}{{ return(model.config.meta) }}{% endmacro %}

{# The version of a metric's newest change: what its rows were computed by. #}
{% macro definition_version(meta=none) -%}
{{ text_literal(((meta or metric_meta()).changes | last).version) }}
{%- endmacro %}


{# -- measures: one CTE `measures` a kind, with n, value, numerator, denominator, open_count and quantiles -- #}

{% macro measures_median() %}{{ median_of('included') }}{% endmacro %}

{#
  Quantiles, and the interval of the median from six values on: free of any distribution and of
  random numbers. It begins at a fractional rank from either end, a smooth form of the interpolated
  order statistics of Hettmansperger and Sheather (1986) that depends on n alone; it covers the
  median in 94 to 96 samples of 100 (transforms/simulations.md).
#}
{% macro median_of(relation) %}
            sorted as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(*) as n,
                    list_sort(list(value)) as sorted_values,
                    {# in the order of the values, so that threads cannot change the last digits #}
                    list_sum(sorted_values) as total,
                    case when n >= 6 then (n + 1) / 2 - 0.979982 * sqrt(n) + 0.5 / sqrt(n) end as rank_low
                from {{ relation }}
                group by grain, period_start_date, scope, scope_id
            ),
            measures as (
                select
                    grain, period_start_date, scope, scope_id, n,
                    total / n as mean,
                    {{ quantile_of('sorted_values', 'n', 0.5) }} as value,
                    {{ quantile_of('sorted_values', 'n', 0.75) }} as p75,
                    {{ quantile_of('sorted_values', 'n', 0.9) }} as p90,
                    {{ quantile_of('sorted_values', 'n', 0.95) }} as p95,
                    total as numerator,
                    n::double as denominator,
                    0 as open_count,
                    null::double as restricted_mean,
                    {{ value_at_rank('sorted_values', 'rank_low') }} as median_low,
                    {{ value_at_rank('sorted_values', '(n + 1 - rank_low)') }} as median_high
                from sorted
            )
{% endmacro %}

{# Linear interpolation between order statistics (type 7), as quantile_cont. #}
{% macro quantile_of(values, n, p) -%}
{{ value_at_rank(values, '((' ~ n ~ ' - 1) * ' ~ p ~ ' + 1)') }}
{%- endmacro %}

{# The value at a fractional rank, from 1 to n, of a sorted list. #}
{% macro value_at_rank(values, rank) -%}
{{ values }}[floor({{ rank }})::bigint]
+ ({{ rank }} - floor({{ rank }})) * ({{ values }}[ceil({{ rank }})::bigint] - {{ values }}[floor({{ rank }})::bigint])
{%- endmacro %}

{# A share of rows that count, or with is_expected the mean of their probabilities. #}
{% macro measures_ratio() %}
            {%- set counted = 'fsum(value)' if config.get('is_expected', false) else 'count(case when is_numerator then 1 end)' %}
            measures as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(*) as n,
                    count(*)::double as denominator,
                    {{ counted }}::double as numerator,
                    {{ counted }} / nullif(count(*), 0)::double as value,
                    0 as open_count,
                    null::double as mean, null::double as p75, null::double as p90, null::double as p95,
                    null::double as restricted_mean
                from included
                group by grain, period_start_date, scope, scope_id
            )
{% endmacro %}

{# A frequency counts over covered calendar days and is told per week, or over covered working days. #}
{% macro frequency_days() -%}
{{ 'covered_working_day_count' if config.get('per', 'week') == 'working_day' else 'covered_day_count' }}
{%- endmacro %}

{% macro frequency_factor() -%}
{{ '1.0' if config.get('per', 'week') == 'working_day' else '7.0' }}
{%- endmacro %}

{% macro measures_frequency() %}
            measures as (
                select
                    covered.grain, covered.period_start_date, covered.scope, covered.scope_id,
                    count(included.observation_id) as n,
                    count(included.observation_id)::double as numerator,
                    max(covered.{{ frequency_days() }})::double as denominator,
                    count(included.observation_id) * {{ frequency_factor() }} / nullif(max(covered.{{ frequency_days() }}), 0) as value,
                    0 as open_count,
                    null::double as mean, null::double as p75, null::double as p90, null::double as p95,
                    null::double as restricted_mean
                from covered
                left join included
                    on covered.grain = included.grain
                    and covered.period_start_date = included.period_start_date
                    and covered.scope = included.scope
                    and covered.scope_id = included.scope_id
                group by covered.grain, covered.period_start_date, covered.scope, covered.scope_id
            )
{% endmacro %}

{% macro measures_total() %}
            measures as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(*) as n,
                    fsum(value) as value,
                    fsum(value) as numerator,
                    null::double as denominator,
                    count(case when is_open then 1 end) as open_count,
                    null::double as mean, null::double as p75, null::double as p90, null::double as p95,
                    null::double as restricted_mean
                from included
                group by grain, period_start_date, scope, scope_id
            )
{% endmacro %}

{#
  Days with a deployment, median over the complete ISO weeks inside the period, weeks without any
  included, from the day on which the service counts as active (else the scope's first deployment)
  to the last one; a week with a day that is not covered does not count.
#}
{% macro measures_days_per_week() %}
            covered_weeks as (
                select first_days.calendar_date as week_start_date
                from {{ ref('coverage_days') }} as first_days
                inner join {{ ref('coverage_days') }} as last_days
                    on first_days.domain = last_days.domain
                    and first_days.calendar_date + 6 = last_days.calendar_date
                where
                    first_days.domain = '{{ config.require('domain') }}'
                    and isodow(first_days.calendar_date) = 1
                    and first_days.is_covered
                    and last_days.covered_day_count - first_days.covered_day_count = 6
            ),
            beginnings as (
                select scope, scope_id, min(anchor_date) as first_date
                from scoped
                where exclusion_reason is null
                group by scope, scope_id
            ),
            all_weeks as (
                select
                    covered.grain, covered.period_start_date, covered.scope, covered.scope_id,
                    cast(unnest(generate_series(
                        cast(date_trunc('week', greatest(
                            covered.period_start_date,
                            coalesce(covered.active_from_date, beginnings.first_date)
                        ) + 6) as date),
                        least(covered.period_end_date, covered.last_date + 1, covered.active_to_date + 1) - 7,
                        interval 7 days
                    )) as date) as week_start_date
                from covered
                left join beginnings
                    on covered.scope = beginnings.scope
                    and covered.scope_id = beginnings.scope_id
                where coalesce(covered.active_from_date, beginnings.first_date) is not null
            ),
            weeks as (
                select all_weeks.*
                from all_weeks
                inner join covered_weeks
                    on all_weeks.week_start_date = covered_weeks.week_start_date
            ),
            weekly as (
                select
                    weeks.grain, weeks.period_start_date, weeks.scope, weeks.scope_id,
                    weeks.week_start_date,
                    count(distinct included.anchor_date)::double as value
                from weeks
                left join included
                    on weeks.grain = included.grain
                    and weeks.period_start_date = included.period_start_date
                    and weeks.scope = included.scope
                    and weeks.scope_id = included.scope_id
                    and included.anchor_date >= weeks.week_start_date
                    and included.anchor_date < weeks.week_start_date + 7
                group by weeks.grain, weeks.period_start_date, weeks.scope, weeks.scope_id, weeks.week_start_date
            ),
            {{ median_of('weekly') }}
{% endmacro %}

{#
  Kaplan-Meier: open observations are censored, never dropped. Where S(t) is exactly one half the
  median is the midpoint to the next event; without a later event it is not reached (null).
  The interval is that of the log-log transformed curve (Greenwood's variance). The restricted mean
  is the area under the curve up to 24 hours, which stays level behind the last observation.
#}
{% macro measures_survival() %}
            leaving as (
                select
                    grain, period_start_date, scope, scope_id, value,
                    count(*) as leaving_count,
                    count(case when not is_open then 1 end) as event_count
                from included
                group by grain, period_start_date, scope, scope_id, value
            ),
            at_risk as (
                select
                    *,
                    sum(leaving_count) over (
                        partition by grain, period_start_date, scope, scope_id
                        order by value desc
                        rows between unbounded preceding and current row
                    )::double as risk_count
                from leaving
            ),
            curve as (
                select
                    *,
                    case
                        when bool_or(event_count = risk_count) over steps then 0.0
                        else exp(sum(ln(case when event_count = risk_count then 1.0 else 1.0 - event_count / risk_count end)) over steps)
                    end as survival,
                    sum(case when event_count < risk_count then event_count / (risk_count * (risk_count - event_count)) else 0.0 end) over steps as greenwood
                from at_risk
                window steps as (
                    partition by grain, period_start_date, scope, scope_id
                    order by value
                    rows between unbounded preceding and current row
                )
            ),
            banded as (
                select
                    *,
                    survival * (
                        least(lead(value, 1, 86400.0) over onward, 86400.0) - least(value, 86400.0)
                    ) as area_to_24_hours,
                    case
                        when survival <= 0 then null
                        when survival >= 1 then 1.0
                        else power(survival, exp(1.959964 * sqrt(greenwood) / abs(ln(survival))))
                    end as survival_low,
                    case
                        when survival <= 0 then null
                        when survival >= 1 then 1.0
                        else power(survival, exp(-1.959964 * sqrt(greenwood) / abs(ln(survival))))
                    end as survival_high
                from curve
                window onward as (
                    partition by grain, period_start_date, scope, scope_id order by value
                )
            ),
            reached as (
                select
                    grain, period_start_date, scope, scope_id,
                    min(case when abs(survival - 0.5) <= 1e-9 and event_count > 0 then value end) as half_value,
                    min(case when survival < 0.5 - 1e-9 and event_count > 0 then value end) as below_half_value,
                    min(case when survival <= 0.25 + 1e-9 then value end) as p75,
                    min(case when survival <= 0.1 + 1e-9 then value end) as p90,
                    min(case when survival <= 0.05 + 1e-9 then value end) as p95,
                    min(case when survival_low <= 0.5 then value end) as median_low,
                    min(case when survival_high <= 0.5 then value end) as median_high,
                    sum(leaving_count) as n,
                    sum(leaving_count - event_count) as open_count,
                    sum(event_count)::double as numerator,
                    sum(leaving_count)::double as denominator,
                    least(min(value), 86400.0) + sum(area_to_24_hours) as restricted_mean
                from banded
                group by grain, period_start_date, scope, scope_id
            ),
            closed as (
                select grain, period_start_date, scope, scope_id, fsum(value) / count(*) as mean
                from included
                where not is_open
                group by grain, period_start_date, scope, scope_id
            ),
            measures as (
                select
                    reached.grain, reached.period_start_date, reached.scope, reached.scope_id,
                    reached.n,
                    case
                        when half_value is null then below_half_value
                        else (half_value + below_half_value) / 2
                    end as value,
                    reached.p75, reached.p90, reached.p95,
                    reached.median_low, reached.median_high,
                    reached.numerator, reached.denominator, reached.open_count,
                    reached.restricted_mean,
                    closed.mean
                from reached
                left join closed
                    on reached.grain = closed.grain
                    and reached.period_start_date = closed.period_start_date
                    and reached.scope = closed.scope
                    and reached.scope_id = closed.scope_id
            )
{% endmacro %}


{# -- intervals, 95 % -- #}
{% macro metric_interval(kind) %}
    {%- set z = '1.959964' -%}
    {%- if kind == 'ratio' -%}
                    {# Wilson (1927); rounding may not push an end past the value or past 0 and 1 #}
                    case when n > 0 then greatest(0.0, least(value,
                        (value + {{ z }} * {{ z }} / (2 * n) - {{ z }} * sqrt(value * (1 - value) / n + {{ z }} * {{ z }} / (4.0 * n * n)))
                        / (1 + {{ z }} * {{ z }} / n)
                    )) end as ci_low,
                    case when n > 0 then least(1.0, greatest(value,
                        (value + {{ z }} * {{ z }} / (2 * n) + {{ z }} * sqrt(value * (1 - value) / n + {{ z }} * {{ z }} / (4.0 * n * n)))
                        / (1 + {{ z }} * {{ z }} / n)
                    )) end as ci_high
    {%- elif kind == 'frequency' -%}
                    {# score interval of a Poisson count, in the metric's unit #}
                    (n + {{ z }} * {{ z }} / 2 - {{ z }} * sqrt(n + {{ z }} * {{ z }} / 4)) * {{ frequency_factor() }} / nullif(denominator, 0) as ci_low,
                    (n + {{ z }} * {{ z }} / 2 + {{ z }} * sqrt(n + {{ z }} * {{ z }} / 4)) * {{ frequency_factor() }} / nullif(denominator, 0) as ci_high
    {%- elif kind == 'total' -%}
                    null::double as ci_low,
                    null::double as ci_high
    {%- else -%}
                    median_low as ci_low,
                    median_high as ci_high
    {%- endif -%}
{% endmacro %}


{# -- words in the catalogue of the database: every table and column carries its description -- #}
{% macro describe_metric(relation, observations) %}
    {%- set meta = metric_meta() -%}
        comment on table {{ relation }} is '{{ (meta.title ~ ": " ~ meta.plain_words) | replace("'", "''") }}';
        comment on view {{ observations }} is '{{ ("The rows behind " ~ meta.title ~ ", included and excluded.") | replace("'", "''") }}';
    {%- set words = {
        'metric': 'Name of the metric.',
        'grain': 'week (ISO), month, quarter, year, fiscal_quarter, fiscal_year; custom from the table macro.',
        'scope': 'organisation, team, service; selection from the table macro.',
        'scope_id': 'Team or service; all for the organisation.',
        'state': 'ok, insufficient (n below 10), no_data (nothing to count) or uncovered (a source was not read on any of its days).',
        'unit': 'Unit of value, interval, mean and quantiles.',
        'definition_version': 'Version of the definition of this metric that computed the row.',
        'value': 'The number; null is never 0.',
        'n': 'Observations counted.',
        'numerator': 'Counted events of a rate.',
        'denominator': 'What the events were counted over: units, covered days or covered working days.',
        'ci_low': 'Lower end of the 95 % interval.',
        'ci_high': 'Upper end of the 95 % interval; null when not reached.',
        'mean': 'Arithmetic mean; of closed observations where some are open.',
        'p75': 'Three quarters lie below.',
        'p90': 'Nine in ten lie below.',
        'p95': 'Nineteen in twenty lie below.',
        'restricted_mean': 'Mean of durations cut off at 24 hours, open ones included; null for other kinds of metrics.',
        'open_count': 'Observations still open at as-of, counted as censored.',
        'excluded_count': 'Observations left out, each with its reason in the observations view.',
        'bot_count': 'Counted observations that are the work of bots.',
        'coverage': 'Share of the days of the period for which every expected source was read, 0 to 1.',
        'is_partial': 'Less than 80 % of the period is covered.',
        'is_provisional': 'Young deployments can still fail: the period ends within 72 hours of the last reading.',
        'period_start_date': 'First day of the period in the report zone.',
        'period_end_date': 'Day after the last day of the period.'
    } -%}
    {%- for column in words %}
        comment on column {{ relation }}.{{ column }} is '{{ words[column] | replace("'", "''") }}';
    {%- endfor %}
{% endmacro %}


{% macro measures(kind) %}
    {%- if kind == 'median' -%}{{ measures_median() }}
    {%- elif kind == 'ratio' -%}{{ measures_ratio() }}
    {%- elif kind == 'frequency' -%}{{ measures_frequency() }}
    {%- elif kind == 'total' -%}{{ measures_total() }}
    {%- elif kind == 'days_per_week' -%}{{ measures_days_per_week() }}
    {%- elif kind == 'survival' -%}{{ measures_survival() }}
    {%- else -%}{{ exceptions.raise_compiler_error('unknown kind of metric: ' ~ kind) }}
    {%- endif -%}
{% endmacro %}


{# First line of a metric: how its rows are aggregated. The shared models that the aggregation reads are named here. #}
{% macro metric(kind, domain, is_per_service=false, is_counted_once=false, is_expected=false, per='week') -%}
{{
    config(
        kind=kind, domain=domain, is_per_service=is_per_service, is_counted_once=is_counted_once,
        is_expected=is_expected, per=per
    )
}}
/* depends on {{ ref('build_information') }}, {{ ref('coverage') }}, {{ ref('coverage_days') }}, {{ ref('periods') }}, {{ ref('scopes') }}, {{ ref('services') }} */
{%- endmacro %}
