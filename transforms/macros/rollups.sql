{#
  Numbers of a wide selection without reading every row. Counts add up, so they are exact for any
  days, teams and services. The median of lead times comes from the sum of histograms with bins
  three percent wide, for the organisation or one team; of several teams and of services it comes
  from the rows, because a change of a shared repository counts once in any selection.
#}

{% macro bin_ratio() -%}1.03{%- endmacro %}

{# The bin of a number of seconds; everything up to one second lies in the first. #}
{% macro bin_of(seconds) -%}
cast(floor(ln(greatest({{ seconds }}, 1.0)) / ln({{ bin_ratio() }})) as integer)
{%- endmacro %}

{# The middle of a bin: no value in it is further away than half its width, 1.5 percent. #}
{% macro bin_middle(bin) -%}
power({{ bin_ratio() }}, {{ bin }} + 0.5)
{%- endmacro %}

{% macro bin_error() -%}(sqrt({{ bin_ratio() }}) - 1.0){%- endmacro %}

{# Whether a selection is answered from histograms; of constants, so that the other way is not even read. #}
{% macro is_wide() -%}
(service_ids::varchar[] is null and (team_ids::varchar[] is null or len(team_ids::varchar[]) = 1))
{%- endmacro %}

{# The rows behind a metric, as its materialization publishes them. #}
{% macro observations_of(metric) -%}
{%- set relation = ref(metric) -%}
"{{ relation.database }}"."{{ relation.schema }}"."{{ relation.identifier }}_observations"
{%- endmacro %}

{# v1.headline_between(from_date, to_date, team_ids, service_ids): five numbers in one statement. #}
{% macro headline_between() %}
create or replace macro "{{ this.database }}"."{{ this.schema }}".headline_between(
    from_date, to_date, team_ids := null::varchar[], service_ids := null::varchar[]
) as table
with
    selected as (
        select *
        from {{ this }}
        where
            anchor_date >= from_date::date
            and anchor_date < to_date::date
            and case
                when service_ids::varchar[] is not null
                then scope = 'service' and list_contains(service_ids::varchar[], scope_id)
                    and (team_ids::varchar[] is null or list_contains(team_ids::varchar[], team_id))
                when team_ids::varchar[] is not null
                then scope = 'team' and list_contains(team_ids::varchar[], scope_id)
                else scope = 'organisation'
            end
    ),
    counts as (
        select
            coalesce(sum(deployment_count), 0)::bigint as deployment_count,
            coalesce(sum(judged_count), 0)::bigint as judged_count,
            coalesce(sum(failed_count), 0)::bigint as failed_count,
            coalesce(sum(rework_base_count), 0)::bigint as rework_base_count,
            coalesce(sum(rework_count), 0)::bigint as rework_count,
            count(distinct case when deployment_count > 0 then anchor_date end) as deployment_day_count
        from selected
    ),
    bins as (
        select bin, sum(bin_count)::bigint as bin_count
        from (
            select unnest(lead_time_bins) as bin, unnest(lead_time_bin_counts) as bin_count
            from selected
            where {{ is_wide() }}
        )
        group by bin
    ),
    ranked as (
        select
            bin, bin_count,
            sum(bin_count) over (order by bin)::bigint as reached_count,
            sum(bin_count) over ()::bigint as n
        from bins
    ),
    wide as (
        select
            max(n) as n,
            (
                min(case when reached_count > floor((n - 1) / 2.0) then {{ bin_middle('bin') }} end)
                + min(case when reached_count > ceil((n - 1) / 2.0) then {{ bin_middle('bin') }} end)
            ) / 2 as value
        from ranked
    ),
    narrow as (
        select count(*) as n, median(value) as value
        from (
            select
                value,
                row_number() over (
                    partition by observation_id
                    order by exclusion_reason is not null, anchor_at, service_id
                ) as preference,
                exclusion_reason,
                is_shared
            from {{ observations_of('lead_time_for_changes') }}
            where
                not {{ is_wide() }}
                and anchor_date >= from_date::date
                and anchor_date < to_date::date
                and (team_ids::varchar[] is null or list_contains(team_ids::varchar[], team_id))
                and (service_ids::varchar[] is null or list_contains(service_ids::varchar[], service_id))
        )
        where exclusion_reason is null and (not is_shared or preference = 1)
    )
select
    'deployment_count' as metric, deployment_count::double as value, deployment_count as n,
    deployment_count::double as numerator, null::double as denominator, 0.0 as max_relative_error
from counts
union all
select
    'deployment_day_count', deployment_day_count::double, deployment_count,
    deployment_day_count::double, null, 0.0
from counts
union all
select
    'change_failure_rate', failed_count / nullif(judged_count, 0)::double, judged_count,
    failed_count::double, judged_count::double, 0.0
from counts
union all
select
    'rework_rate', rework_count / nullif(rework_base_count, 0)::double, rework_base_count,
    rework_count::double, rework_base_count::double, 0.0
from counts
union all
select
    'lead_time_for_changes',
    case when {{ is_wide() }} then wide.value else narrow.value end,
    coalesce(case when {{ is_wide() }} then wide.n else narrow.n end, 0)::bigint,
    null, null,
    case when {{ is_wide() }} then {{ bin_error() }} else 0.0 end
from wide, narrow
{% endmacro %}
