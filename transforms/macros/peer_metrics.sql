{# From `frames` (periods by scope, cut to known days) and `keyed` (rows behind, by period and scope) to the peers' numbers; the same text serves the table and the table macro. #}
{% macro peer_metrics_body(chosen='') %}
    {%- set frame = 'grain, period_start_date, scope, scope_id' -%}
            measured as (
                select
                    peer, metric, {{ frame }},
                    sum(case when is_counted then unit_count else 0 end)::bigint as n,
                    count(case when is_counted then 1 end) as row_count,
                    count(case when is_numerator then 1 end) as numerator,
                    list_sort(list(value) filter (where is_counted and value is not null)) as sorted_values
                from keyed
                group by peer, metric, {{ frame }}
            ),
            cause_counts as (
                select peer, metric, {{ frame }}, part, count(*) as row_count
                from
                    (
                        select peer, metric, {{ frame }}, unnest(string_split(cause, '; ')) as part
                        from keyed
                        where cause is not null
                    )
                group by peer, metric, {{ frame }}, part
            ),
            causes as (
                select
                    peer, metric, {{ frame }},
                    string_agg(part || ': ' || row_count, '; ' order by row_count desc, part) as causes
                from cause_counts
                group by peer, metric, {{ frame }}
            ),
            {{ peer_weeks(frame) }},
            listed as (
                select
                    frames.*,
                    differences.peer, differences.metric, differences.measure,
                    nullif(unnest(string_split(coalesce(differences.editions, ''), '|')), '') as edition,
                    frames.last_date - frames.first_date + 1 as day_count,
                    {# weeks from Monday that the period touches #}
                    date_diff('week', date_trunc('week', frames.first_date), date_trunc('week', frames.last_date)) + 1 as week_count
                from frames
                cross join {{ ref('peer_differences') }} as differences
                {%- if chosen %}
                where {{ chosen }} is null or list_contains({{ chosen }}, differences.peer)
                {%- endif %}
            ),
            valued as (
                select
                    listed.*,
                    measured.numerator,
                    case when listed.measure like 'days%' then weeks.n else coalesce(measured.n, 0) end as n,
                    case listed.measure
                        when 'frequency' then case when listed.day_count > 0 then coalesce(measured.n, 0) * 7.0 / listed.day_count end
                        when 'whole_per_week' then case when listed.day_count > 0 then floor(coalesce(measured.n, 0) / listed.week_count) end
                        when 'days_lower_median' then weeks.lower_median
                        when 'days_median' then weeks.median
                        when 'ratio' then measured.numerator / nullif(measured.n, 0)::double
                        when 'quotient' then measured.numerator / greatest(measured.n, 1)::double
                        when 'mean' then list_avg(measured.sorted_values)
                        when 'median' then {{ quantile_of('measured.sorted_values', 'len(measured.sorted_values)', 0.5) }}
                        {# null ranks first: rows without a value push the middle down #}
                        when 'lower_median' then case
                            when (measured.row_count + 1) // 2 > measured.row_count - len(measured.sorted_values)
                            then measured.sorted_values[(measured.row_count + 1) // 2 - measured.row_count + len(measured.sorted_values)]
                        end
                    end as value,
                    weeks.median_month, weeks.upper_median_half_year, weeks.median_active_week, weeks.median_active_weeks_a_month,
                    case when listed.measure like 'days%' then concat_ws('; ', causes.causes, weeks.causes) else causes.causes end as causes
                from listed
                left join measured
                    on listed.peer = measured.peer
                    and listed.metric = measured.metric
                    and {{ peer_frames_agree('listed', 'measured') }}
                left join causes
                    on listed.peer = causes.peer
                    and listed.metric = causes.metric
                    and {{ peer_frames_agree('listed', 'causes') }}
                left join weeks
                    on listed.peer = weeks.peer
                    and listed.metric = weeks.metric
                    and {{ peer_frames_agree('listed', 'weeks') }}
            )
        select
            peer,
            metric,
            edition,
            grain,
            scope,
            scope_id,
            case
                when metric = 'deployment_frequency' then 'deployments per week'
                when metric = 'deployment_days_per_week' then 'days per week'
                when metric = 'change_failure_rate' then 'ratio'
                else 'seconds'
            end as unit,
            {{ peer_band() }} as band,
            nullif(causes, '') as causes,
            value,
            cast(coalesce(n, 0) as bigint) as n,
            period_start_date,
            period_end_date
        from valued
{% endmacro %}


{% macro peer_frames_agree(left, right) -%}
{{ left }}.grain = {{ right }}.grain
                    and {{ left }}.period_start_date = {{ right }}.period_start_date
                    and {{ left }}.scope = {{ right }}.scope
                    and {{ left }}.scope_id = {{ right }}.scope_id
{%- endmacro %}


{# Days with a deployment by calendar week, incomplete and empty weeks included; DevLake's weeks begin on Monday, Four Keys' on Sunday. #}
{% macro peer_weeks(frame) %}
            week_peers as (
                select 'devlake' as peer, 'deployment_days_per_week' as metric, 0 as days_before_monday
                union all
                select 'four_keys' as peer, 'deployment_days_per_week' as metric, 1 as days_before_monday
            ),
            deployment_days as (
                select distinct peer, {{ frame }}, anchor_date
                from keyed
                where is_counted and metric = 'deployment_days_per_week'
            ),
            first_days as (
                select peer, 'organisation' as scope, 'all' as scope_id, min(anchor_date) as anchor_date
                from observations
                where is_counted and metric = 'deployment_days_per_week'
                group by peer
                union all
                select peer, 'service' as scope, service_id as scope_id, min(anchor_date) as anchor_date
                from observations
                where is_counted and metric = 'deployment_days_per_week'
                group by peer, service_id
            ),
            calendar_weeks as (
                select
                    week_peers.peer, frames.grain, frames.period_start_date, frames.scope, frames.scope_id,
                    frames.first_date, frames.last_date, week_peers.days_before_monday,
                    cast(unnest(generate_series(
                        cast(date_trunc('week', frames.first_date + week_peers.days_before_monday) as date) - week_peers.days_before_monday,
                        frames.last_date, interval 7 days
                    )) as date) as week_start_date
                from frames
                cross join week_peers
                where frames.first_date <= frames.last_date
            ),
            weekly as (
                select
                    calendar_weeks.*,
                    count(deployment_days.anchor_date) as day_count,
                    calendar_weeks.week_start_date < calendar_weeks.first_date
                    or calendar_weeks.week_start_date + 6 > calendar_weeks.last_date as is_incomplete
                from calendar_weeks
                left join deployment_days
                    on calendar_weeks.peer = deployment_days.peer
                    and {{ peer_frames_agree('calendar_weeks', 'deployment_days') }}
                    and calendar_weeks.week_start_date
                    = cast(date_trunc('week', deployment_days.anchor_date + calendar_weeks.days_before_monday) as date)
                    - calendar_weeks.days_before_monday
                group by all
            ),
            weekly_medians as (
                select
                    peer, {{ frame }},
                    count(*) as n,
                    quantile_disc(day_count, 0.5)::double as lower_median,
                    quantile_cont(day_count, 0.5)::double as median,
                    quantile_cont(least(day_count, 1), 0.5) as median_active_week,
                    quantile_cont(active_weeks_in_month, 0.5) as median_active_weeks_a_month,
                    count(case when is_incomplete then 1 end) as incomplete_count,
                    count(case when is_before_first then 1 end) as before_first_count
                from
                    (
                        select
                            weekly.*,
                            coalesce(weekly.week_start_date + 6 < first_days.anchor_date, true) as is_before_first,
                            sum(least(weekly.day_count, 1)) over (
                                partition by
                                    weekly.peer, weekly.grain, weekly.period_start_date, weekly.scope, weekly.scope_id,
                                    date_trunc('month', weekly.week_start_date)
                            ) as active_weeks_in_month
                        from weekly
                        left join first_days
                            on weekly.peer = first_days.peer
                            and weekly.scope = first_days.scope
                            and weekly.scope_id = first_days.scope_id
                    )
                group by peer, {{ frame }}
            ),
            monthly as (
                {# the benchmarks of DevLake: deployment days by month, and by half a year back from the last month #}
                select
                    months.grain, months.period_start_date, months.scope, months.scope_id, months.months_back,
                    count(deployment_days.anchor_date) as day_count
                from
                    (
                        select
                            frames.*,
                            unnest(range(0, date_diff('month', date_trunc('month', first_date), date_trunc('month', last_date)) + 1)) as months_back
                        from frames
                        where first_date <= last_date
                    ) as months
                left join deployment_days
                    on deployment_days.peer = 'devlake'
                    and {{ peer_frames_agree('months', 'deployment_days') }}
                    and months.months_back = date_diff('month', date_trunc('month', deployment_days.anchor_date), date_trunc('month', months.last_date))
                group by months.grain, months.period_start_date, months.scope, months.scope_id, months.months_back
            ),
            monthly_medians as (
                select {{ frame }}, quantile_disc(day_count, 0.5) as median_month
                from monthly
                group by {{ frame }}
            ),
            half_yearly_medians as (
                select {{ frame }}, -quantile_disc(-day_count, 0.5) as upper_median_half_year
                from
                    (
                        select {{ frame }}, months_back // 6 as half_years_back, sum(day_count) as day_count
                        from monthly
                        group by {{ frame }}, half_years_back
                    )
                group by {{ frame }}
            ),
            weeks as (
                select
                    'deployment_days_per_week' as metric,
                    weekly_medians.*,
                    monthly_medians.median_month,
                    half_yearly_medians.upper_median_half_year,
                    concat_ws(
                        '; ',
                        case when incomplete_count > 0 then 'incomplete weeks counted: ' || incomplete_count end,
                        case when before_first_count > 0 then 'empty weeks before the first deployment counted: ' || before_first_count end
                    ) as causes
                from weekly_medians
                left join monthly_medians on {{ peer_frames_agree('weekly_medians', 'monthly_medians') }}
                left join half_yearly_medians on {{ peer_frames_agree('weekly_medians', 'half_yearly_medians') }}
            )
{% endmacro %}


{# Only the chosen peers' branches are read; `chosen` is a parameter of the table macro. #}
{% macro peer_observations(chosen='') %}
    {%- for peer in ['datadog', 'devlake', 'four_keys', 'gitlab', 'middleware'] %}
                select
                    '{{ peer }}' as peer, metric, scope, service_id, unit_count, value, is_counted, is_numerator, cause,
                    anchor_date, until_date
                from {{ ref(peer ~ '_observations') }}
                where
                    (is_counted or is_numerator or cause is not null)
                    {%- if chosen %} and ({{ chosen }} is null or list_contains({{ chosen }}, '{{ peer }}')){% endif %}
        {%- if not loop.last %}
                union all
        {%- endif %}
    {%- endfor %}
{% endmacro %}


{# The same numbers for any days, of everything or of one service. #}
{% macro peer_metrics_between() %}
        create or replace macro {{ this.schema }}.{{ this.identifier }}_between(from_date, to_date, in_service_id := null::varchar, peers := null::varchar[]) as table
        with
            known as (
                select min(first_date) as first_date, max(last_date) as last_date
                from {{ ref('coverage') }}
                where domain = 'deployments'
            ),
            frames as (
                select
                    'custom' as grain, from_date::date as period_start_date, to_date::date as period_end_date,
                    case when in_service_id::varchar is null then 'organisation' else 'service' end as scope,
                    coalesce(in_service_id::varchar, 'all') as scope_id,
                    greatest(from_date::date, known.first_date) as first_date,
                    least(to_date::date, known.last_date + 1) - 1 as last_date
                from known
                where known.first_date is not null
            ),
            observations as ({{ peer_observations('peers::varchar[]') }}),
            keyed as (
                select
                    frames.grain, frames.period_start_date, frames.scope, frames.scope_id,
                    observations.* exclude (scope)
                from observations
                cross join frames
                where
                    observations.scope in ('both', frames.scope)
                    and (in_service_id::varchar is null or observations.service_id = in_service_id::varchar)
                    and anchor_date >= from_date::date
                    and anchor_date < to_date::date
                    and (until_date is null or (until_date >= from_date::date and until_date < to_date::date))
            ),
            {{ peer_metrics_body('peers::varchar[]') }}
{% endmacro %}
