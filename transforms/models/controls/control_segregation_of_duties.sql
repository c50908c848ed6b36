{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ duty_findings() }},
    found as (
        select
            subject_id,
            bool_or(is_certain) as is_certain,
            arg_min(finding, (not is_certain, finding_order, finding)) as reason_code,
            string_agg(distinct reason, ' ' order by reason) filter (
                where is_certain
            ) as reason,
            string_agg(distinct reason, ' ' order by reason) filter (
                where not is_certain
            ) as doubt,
            list_sort(list_distinct(flatten(list(evidence)))) as evidence,
            count(distinct case when is_certain then finding end) as violation_count
        from duty_findings
        group by subject_id
    ),
    known as (
        select
            subject_id,
            count(*) as change_count,
            list('changes:' || change_id order by change_id) as evidence
        from changed
        group by subject_id
    ),
    first_seen as (
        select subject_id
        from brought
        where exclusion_reason = 'no_baseline'
        group by subject_id
    ),
    waiting as (
        select
            subject_id,
            count(*) as compensated_count,
            bool_and(is_reviewed_after) as is_reviewed_after
        from compensated
        group by subject_id
    ),
    judged as (
        select
            subjects.*,
            found.reason,
            found.doubt,
            found.violation_count,
            list_distinct(
                coalesce(found.evidence, []) || coalesce(known.evidence, [])
            ) as evidence,
            known.change_count,
            case
                when found.is_certain
                then found.reason_code
                when found.subject_id is not null
                then found.reason_code
                when
                    known.subject_id is null
                    and subjects.kind in ('forward', 'rework')
                    and first_seen.subject_id is not null
                then 'first_deployment'
                when known.subject_id is null and subjects.kind in ('forward', 'rework')
                then 'changes_unknown'
                when not waiting.is_reviewed_after
                then 'review_due'
                when waiting.is_reviewed_after
                then 'reviewed_after'
                else 'duties_separate'
            end as reason_code,
            case
                when found.is_certain
                then 'fail'
                when found.subject_id is not null
                then 'inconclusive'
                when
                    known.subject_id is null
                    and subjects.kind in ('forward', 'rework')
                    and first_seen.subject_id is not null
                then 'inconclusive'
                when known.subject_id is null and subjects.kind in ('forward', 'rework')
                then 'no_data'
                when not waiting.is_reviewed_after
                then 'warn'
                else 'pass'
            end as verdict
        from subjects
        left join found on subjects.subject_id = found.subject_id
        left join known on subjects.subject_id = known.subject_id
        left join first_seen on subjects.subject_id = first_seen.subject_id
        left join waiting on subjects.subject_id = waiting.subject_id
    )
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    verdict,
    reason_code,
    case
        when verdict = 'fail'
        then reason
        when doubt is not null
        then doubt
        when reason_code = 'first_deployment'
        then 'It is the first deployment that is known; what it changed cannot be told.'
        when reason_code = 'changes_unknown'
        then 'No change is known that it brought.'
        when reason_code = 'review_due'
        then 'The team is small and a review after the deployment is still due.'
        when reason_code = 'reviewed_after'
        then 'The team is small and somebody else reviewed within a day after it.'
        when coalesce(change_count, 0) = 0
        then 'It brought no change, and no duty met another.'
        else
            case
                when change_count = 1
                then 'Its change was'
                else 'Each of its ' || change_count || ' changes was'
            end
            || ' approved in its last revision by somebody else or made by a trusted robot, and no duty met another.'
    end as reason,
    {{ found_or_subject("evidence") }} as evidence,
    coalesce(violation_count, 0) as value,
    {{ threshold("duty_violations_max") }} as threshold
from judged
