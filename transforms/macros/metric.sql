{#
  Materialization of a metric. The model is the rows behind the number, in one shape:
  observation_id, service_id, team_id, anchor_date, anchor_at, value, is_numerator, is_open,
  exclusion_reason, label, source_url. From it come, by one body:
    v1.<metric>_observations   those rows, included and excluded;
    v1.<metric>                the number by grain, period and scope;
    v1.<metric>_between(...)   the same number for any range of days, teams and services.
  config: kind (median, ratio, frequency, survival, total, days_per_week), domain (which coverage
  applies), is_per_service (one observation may belong to several services alike),
  is_counted_once (a row says by is_shared that other services may have the same observation).
#}
{% materialization metric, adapter='duckdb' %}
    {%- set target_relation = this.incorporate(type='table') -%}
    {%- set observations -%}"{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_observations"{%- endset -%}
    {%- set between -%}"{{ this.database }}"."{{ this.schema }}"."{{ this.identifier }}_between"{%- endset -%}
    {% call statement('main') -%}
        create or replace view {{ observations }} as {{ compiled_code }};
        create or replace table {{ target_relation }} as
        with
            frames as (
                select
                    periods.grain, periods.period_start_date, periods.period_end_date,
                    scopes.scope, scopes.scope_id
                from {{ ref('periods') }} as periods
                cross join {{ ref('scopes') }} as scopes
            ),
            scoped as ({{ scoped_observations(observations) }}),
            keyed as (
                select
                    periods.grain, periods.period_start_date, periods.period_end_date,
                    scoped.*
                from scoped
                inner join {{ ref('periods') }} as periods
                    on scoped.anchor_date >= periods.period_start_date
                    and scoped.anchor_date < periods.period_end_date
            ),
            {{ metric_body() }}
        ;
        create or replace macro {{ between }}(
            from_date, to_date, team_ids := null::varchar[], service_ids := null::varchar[]
        ) as table
        with
            frames as (
                select
                    'custom' as grain, from_date::date as period_start_date,
                    to_date::date as period_end_date, 'selection' as scope, 'selection' as scope_id
            ),
            matching as (
                select *
                from {{ observations }}
                where
                    (team_ids::varchar[] is null or list_contains(team_ids::varchar[], team_id))
                    and (service_ids::varchar[] is null or list_contains(service_ids::varchar[], service_id))
            ),
            scoped as (
                select 'selection' as scope, 'selection' as scope_id, {{ observation_columns() }}
                from {{ counted_observations('matching') }}
            ),
            keyed as (
                select
                    'custom' as grain, from_date::date as period_start_date,
                    to_date::date as period_end_date, scoped.*
                from scoped
                where anchor_date >= from_date::date and anchor_date < to_date::date
            ),
            {{ metric_body() }}
        ;
        {{ describe_metric(target_relation, observations) }}
    {%- endcall %}
    {{ adapter.commit() }}
    {{ return({'relations': [target_relation]}) }}
{% endmaterialization %}


{% macro observation_columns() -%}
observation_id, anchor_date, anchor_at, value, is_numerator, is_open, exclusion_reason
{%- endmacro %}


{#
  Each observation once, where several services may share one: an incident is the same row for each
  of its services; a change of a shared repository counts where it went live first.
#}
{% macro counted_observations(relation, within='') -%}
{%- if config.get('is_per_service', false) -%}
(select distinct {{ within }}{{ observation_columns() }} from {{ relation }})
{%- elif config.get('is_counted_once', false) -%}
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
{%- else -%}
{{ relation }}
{%- endif -%}
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
            covered as (
                select
                    frames.*,
                    frames.period_end_date - frames.period_start_date as day_count,
                    case
                        when coverage.domain is null then 0
                        else greatest(
                            0,
                            least(frames.period_end_date, coverage.last_date + 1)
                            - greatest(frames.period_start_date, coverage.first_date)
                        )
                    end as covered_day_count,
                    coverage.domain is not null as has_source,
                    coverage.first_date,
                    coverage.last_date
                from frames
                left join {{ ref('coverage') }} as coverage on coverage.domain = '{{ domain }}'
            ),
            exclusions as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(exclusion_reason) as excluded_count
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
                    coalesce(exclusions.excluded_count, 0) as excluded_count
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
                when has_source and covered_day_count = 0 and n = 0 then 'uncovered'
                when {{ 'not has_source' if kind == 'frequency' else 'n = 0' }} then 'no_data'
                when n < 10 then 'insufficient'
                else 'ok'
            end as state,
            '{{ metric_meta().unit }}' as unit,
            {{ definition_version() }} as definition_version,
            value,
            cast(n as bigint) as n,
            numerator,
            denominator,
            ci_low,
            ci_high,
            mean,
            p75,
            p90,
            p95,
            cast(coalesce(open_count, 0) as bigint) as open_count,
            cast(excluded_count as bigint) as excluded_count,
            case when has_source then covered_day_count / nullif(day_count, 0) else 0.0 end as coverage,
            has_source and covered_day_count > 0 and covered_day_count < 0.8 * day_count as is_partial,
            period_end_date > {{ local_date(as_of() ~ " - interval 72 hours") }} as is_provisional,
            period_start_date,
            period_end_date
        from judged
{% endmacro %}


{% macro metric_meta() %}{{ return(model.config.meta) }}{% endmacro %}

{# The version of a metric's newest change: what its rows were computed by. #}
{% macro definition_version(meta=none) -%}
{{ text_literal(((meta or metric_meta()).changes | last).version) }}
{%- endmacro %}


{# -- measures: one CTE `measures` a kind, with n, value, numerator, denominator, open_count and quantiles -- #}

{% macro measures_median() %}{{ median_of('included') }}{% endmacro %}

{# Quantiles and the interval of the median by order statistics: distribution-free, at least 95 %, from 6 values on. #}
{% macro median_of(relation) %}
            sorted as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(*) as n,
                    sum(value) as total,
                    list_sort(list(value)) as sorted_values
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
                    case when n >= 6 then sorted_values[greatest(1, floor((n - 1.959964 * sqrt(n)) / 2)::bigint)] end as median_low,
                    case when n >= 6 then sorted_values[least(n, ceil(1 + (n + 1.959964 * sqrt(n)) / 2)::bigint)] end as median_high
                from sorted
            )
{% endmacro %}

{# Linear interpolation between order statistics (type 7), as quantile_cont. #}
{% macro quantile_of(values, n, p) -%}
{{ values }}[floor(({{ n }} - 1) * {{ p }})::bigint + 1]
+ (({{ n }} - 1) * {{ p }} - floor(({{ n }} - 1) * {{ p }}))
* ({{ values }}[ceil(({{ n }} - 1) * {{ p }})::bigint + 1] - {{ values }}[floor(({{ n }} - 1) * {{ p }})::bigint + 1])
{%- endmacro %}

{% macro measures_ratio() %}
            measures as (
                select
                    grain, period_start_date, scope, scope_id,
                    count(*) as n,
                    count(*)::double as denominator,
                    count(case when is_numerator then 1 end)::double as numerator,
                    count(case when is_numerator then 1 end) / nullif(count(*), 0)::double as value,
                    0 as open_count,
                    null::double as mean, null::double as p75, null::double as p90, null::double as p95
                from included
                group by grain, period_start_date, scope, scope_id
            )
{% endmacro %}

{% macro measures_frequency() %}
            measures as (
                select
                    covered.grain, covered.period_start_date, covered.scope, covered.scope_id,
                    count(included.observation_id) as n,
                    count(included.observation_id)::double as numerator,
                    max(covered.covered_day_count)::double as denominator,
                    count(included.observation_id) * 7.0 / nullif(max(covered.covered_day_count), 0) as value,
                    0 as open_count,
                    null::double as mean, null::double as p75, null::double as p90, null::double as p95
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
                    sum(value) as value,
                    sum(value) as numerator,
                    null::double as denominator,
                    count(case when is_open then 1 end) as open_count,
                    null::double as mean, null::double as p75, null::double as p90, null::double as p95
                from included
                group by grain, period_start_date, scope, scope_id
            )
{% endmacro %}

{#
  Days with a deployment, median over the complete ISO weeks inside the period, weeks without any
  included, from the scope's first deployment on (transforms/metrics.md, section 3).
#}
{% macro measures_days_per_week() %}
            beginnings as (
                select scope, scope_id, min(anchor_date) as first_date
                from scoped
                where exclusion_reason is null
                group by scope, scope_id
            ),
            weeks as (
                select
                    covered.grain, covered.period_start_date, covered.scope, covered.scope_id,
                    cast(unnest(generate_series(
                        cast(date_trunc('week', greatest(covered.period_start_date, beginnings.first_date) + 6) as date),
                        least(covered.period_end_date, covered.last_date + 1) - 7,
                        interval 7 days
                    )) as date) as week_start_date
                from covered
                inner join beginnings
                    on covered.scope = beginnings.scope
                    and covered.scope_id = beginnings.scope_id
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
  The interval is that of the log-log transformed curve (Greenwood's variance).
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
                    sum(value * event_count) as closed_total
                from banded
                group by grain, period_start_date, scope, scope_id
            ),
            closed as (
                select grain, period_start_date, scope, scope_id, avg(value) as mean
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
                    (n + {{ z }} * {{ z }} / 2 - {{ z }} * sqrt(n + {{ z }} * {{ z }} / 4)) * 7.0 / nullif(covered_day_count, 0) as ci_low,
                    (n + {{ z }} * {{ z }} / 2 + {{ z }} * sqrt(n + {{ z }} * {{ z }} / 4)) * 7.0 / nullif(covered_day_count, 0) as ci_high
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
        'grain': 'week (ISO), month, quarter; custom from the table macro.',
        'scope': 'organisation, team, service; selection from the table macro.',
        'scope_id': 'Team or service; all for the organisation.',
        'state': 'ok, insufficient (n below 10), no_data (nothing to count) or uncovered (the source was not read).',
        'unit': 'Unit of value, interval, mean and quantiles.',
        'definition_version': 'Version of the definition of this metric that computed the row.',
        'value': 'The number; null is never 0.',
        'n': 'Observations counted.',
        'numerator': 'Counted events of a rate.',
        'denominator': 'What the events were counted over: units or covered days.',
        'ci_low': 'Lower end of the 95 % interval.',
        'ci_high': 'Upper end of the 95 % interval; null when not reached.',
        'mean': 'Arithmetic mean; of closed observations where some are open.',
        'p75': 'Three quarters lie below.',
        'p90': 'Nine in ten lie below.',
        'p95': 'Nineteen in twenty lie below.',
        'open_count': 'Observations still open at as-of, counted as censored.',
        'excluded_count': 'Observations left out, each with its reason in the observations view.',
        'coverage': 'Share of the period in which the source was read, 0 to 1.',
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
{% macro metric(kind, domain, is_per_service=false, is_counted_once=false) -%}
{{
    config(
        kind=kind, domain=domain, is_per_service=is_per_service, is_counted_once=is_counted_once
    )
}}
-- depends_on: {{ ref('build_information') }}, {{ ref('coverage') }}, {{ ref('periods') }}, {{ ref('scopes') }}
{%- endmacro %}
