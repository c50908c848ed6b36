{{ control(subject="deployment") }}

{# The checklist and the approvals that the policy asks of a release, as they stood when it began. #}
with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ readiness("control_readiness_review") }}
select
    subject_id,
    service_id,
    team_id,
    environment_id,
    started_at as occurred_at,
    case
        when decision is null
        then 'not_applicable'
        when decision = 'no_go' or given_count < role_count
        then 'fail'
        when decision = 'conditional'
        then 'warn'
        else 'pass'
    end as verdict,
    case
        when decision is null
        then 'nothing_asked'
        when len(vetoes) > 0
        then 'veto'
        when decision = 'no_go'
        then 'no_go'
        when given_count < role_count
        then 'no_quorum'
        else decision
    end as reason_code,
    case
        when decision is null
        then 'The policy asks for no review of readiness of this service.'
        else
            case
                when score is null
                then 'No item is asked'
                else
                    'Readiness is '
                    || round(score, 1)
                    || ' of 100: '
                    || upper(replace(decision, '_', '-'))
            end || case
                when len(vetoes) > 0
                then '; without it nothing goes: ' || array_to_string(vetoes, ', ')
                when len(gaps) > 0
                then '; open: ' || array_to_string(gaps, ', ')
                else ''
            end
            || case
                when given_count < role_count
                then
                    '; no approval of '
                    || array_to_string(missing_roles, ', ')
                    || case
                        when other_approval_count > 0
                        then
                            ' ('
                            || other_approval_count
                            || ' given for another artifact)'
                        else ''
                    end
                else ''
            end
            || case
                when len(not_asked) > 0
                then '; not asked of an emergency: ' || array_to_string(not_asked, ', ')
                else ''
            end
            || '.'
    end as reason,
    {{ found_or_subject("evidence") }} as evidence,
    score as value,
    {{ threshold("readiness_go_min") }} as threshold
from readiness
