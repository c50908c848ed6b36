{# How each control came out by scope and period; the share is of the subjects that could be judged or should have been. #}
with
    results as (select * from {{ ref("control_results") }}),
    scoped as ({{ in_each_scope("results") }}),
    counted as (
        select
            scoped.control_id,
            periods.grain,
            periods.period_start_date,
            periods.period_end_date,
            scoped.scope,
            scoped.scope_id,
            count(*) as subject_count,
            count(case when verdict = 'pass' then 1 end) as pass_count,
            count(case when verdict = 'warn' then 1 end) as warn_count,
            count(case when verdict = 'fail' then 1 end) as fail_count,
            count(case when verdict = 'no_data' then 1 end) as no_data_count,
            count(case when verdict = 'inconclusive' then 1 end) as inconclusive_count,
            count(
                case when verdict = 'not_applicable' then 1 end
            ) as not_applicable_count,
            count(case when verdict = 'exempt' then 1 end) as exempt_count
        from scoped
        inner join
            {{ ref("periods") }} as periods
            on scoped.occurred_date >= periods.period_start_date
            and scoped.occurred_date < periods.period_end_date
            and periods.grain in ('month', 'quarter')
        group by all
    ),
    shares as (select *, subject_count - not_applicable_count as n from counted)
select
    *,
    case when n > 0 then fail_count / n::double end as fail_ratio,
    {{ wilson_low("fail_count", "n") }} as fail_ratio_low,
    {{ wilson_high("fail_count", "n") }} as fail_ratio_high,
    {# the worst that is there decides; what has no data is not pass #}
    case
        when n = 0
        then 'not_applicable'
        when fail_count > 0
        then 'fail'
        when no_data_count > 0
        then 'no_data'
        when inconclusive_count > 0
        then 'inconclusive'
        when warn_count > 0
        then 'warn'
        when exempt_count = n
        then 'exempt'
        else 'pass'
    end as verdict
from shares
