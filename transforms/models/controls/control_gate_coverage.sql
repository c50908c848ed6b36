{{ control(subject="deployment") }}

{# The gates that the policy requires, each run on what was deployed and ended before it began. #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ gate_outcomes() }},
    worded as (
        select
            *,
            case
                outcome
                when 'failed'
                then gate || ' failed and did not stop it'
                when 'soft_fail'
                then gate || ' failed but was allowed to'
                when 'manual_override'
                then gate || ' failed and was overridden'
                when 'skipped'
                then gate || ' was skipped'
                when 'wrong_digest'
                then gate || ' ran on something else only'
                when 'after_the_fact'
                then gate || ' ended after the start'
                when 'expired'
                then gate || ' is too old'
                when 'unfinished'
                then gate || ' has no result'
                when 'missing'
                then gate || ' is not known to have run'
            end as words,
            case
                when outcome in ('missing', 'unfinished')
                then 2
                when outcome <> 'covered'
                then 1
            end as weight
        from outcomes
    ),
    counted as (
        select
            subject_id,
            count(*) as required_count,
            count(case when outcome = 'covered' then 1 end) as covered_count,
            min(weight) as weight,
            arg_min(outcome, (weight, gate)) filter (
                where weight is not null
            ) as first_outcome,
            string_agg(words, ', ' order by gate) as words,
            list_sort(list_distinct(flatten(list(evidence)))) as evidence
        from worded
        group by subject_id
    ),
    compared as (
        select
            subjects.*,
            counted.* exclude (subject_id),
            counted.covered_count * 1.0 / nullif(counted.required_count, 0) as ratio,
            {{ threshold("gate_coverage_ratio_min") }} as least_ratio
        from subjects
        left join counted on subjects.subject_id = counted.subject_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when required_count is null
        then 'not_applicable'
        when ratio >= least_ratio
        then 'pass'
        when weight = 2
        then 'no_data'
        when tier > 2
        then 'warn'
        else 'fail'
    end as verdict,
    case
        when required_count is null
        then 'no_gate_required'
        else coalesce(first_outcome, 'covered')
    end as reason_code,
    case
        when required_count is null
        then 'The policy requires no gate of this service and environment.'
        when covered_count = required_count and required_count = 1
        then 'The one required gate passed before the start.'
        when covered_count = required_count
        then 'All ' || required_count || ' required gates passed before the start.'
        else
            covered_count
            || ' of '
            || required_count
            || ' required gates passed before the start: '
            || words
            || '.'
    end as reason,
    coalesce(evidence, []) as evidence,
    ratio as value,
    least_ratio as threshold
from compared
