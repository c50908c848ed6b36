{{ control(subject="deployment") }}

with
    subjects as (select * from {{ deployment_subjects() }}),
    {{ subject_requests() }},
    told as (
        select
            *,
            case
                when phase = 'cancelled' and is_known
                then 'cancelled'
                when is_known and approval = 'rejected'
                then 'rejected'
                when type = 'standard' and created_at <= started_at
                then 'standard_change'
                when type = 'standard'
                then 'created_after_start'
                when is_known and approval = 'approved'
                then 'approved_before_start'
                when rejected_count > 0
                then 'rejected'
                when
                    approved_count > 0
                    and decided_later_count = 0
                    and (waiting_count = 0 or current_approval = 'approved')
                then 'approved_before_start'
                when approved_later_at is not null
                then 'approved_after_start'
                when current_approval = 'approved' and approval_count = 0
                then 'approval_time_unknown'
                else 'not_approved'
            end as reason_code
        from requests
    ),
    judged as (
        select
            subject_id,
            change_request_id,
            case
                when reason_code in ('standard_change', 'approved_before_start')
                then 'pass'
                when reason_code = 'approval_time_unknown'
                then 'inconclusive'
                else 'fail'
            end as verdict,
            case
                when reason_code in ('standard_change', 'approved_before_start')
                then 1
                when reason_code = 'approval_time_unknown'
                then 2
                when reason_code = 'approved_after_start'
                then 3
                else 4
            end as verdict_order,
            reason_code,
            case
                reason_code
                when 'cancelled'
                then number || ' had been called off when the deployment began.'
                when 'standard_change'
                then number || ' is a standard change, approved beforehand as a kind.'
                when 'created_after_start'
                then number || ' is a standard change that was created after the start.'
                when 'rejected'
                then number || ' had been rejected when the deployment began.'
                when 'approved_before_start'
                then number || ' was approved when the deployment began.'
                when 'approved_after_start'
                then
                    number
                    || ' was approved '
                    || {{
                        duration_words(
                            seconds_between("started_at", "approved_later_at")
                        )
                    }}
                    || ' after the start.'
                when 'approval_time_unknown'
                then number || ' is approved; no record says since when.'
                else number || ' had not been approved when the deployment began.'
            end || case
                when confidence < 1
                then ' It is linked by service and planned time alone.'
                else ''
            end as reason,
            list_transform(
                approval_ids, lambda approval_id:'approvals:' || approval_id
            ) as more_evidence,
            case
                when reason_code = 'approved_after_start'
                then {{ seconds_between("started_at", "approved_later_at") }} / 60
            end as value
        from told
    ),
    {{ judged_by_requests("cast(0 as double)") }}
