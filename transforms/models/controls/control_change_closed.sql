{{ control(subject="change_request") }}

with
    requests as (
        select *
        from {{ ref("change_requests") }}
        where is_current and not coalesce(is_deleted, false)
    ),
    ended as (
        {# when the last deployment under it ended; one that still runs is not due #}
        select
            links.change_request_id,
            max(deployments.finished_at) as ended_at,
            count(*) as deployment_count,
            arg_max(
                deployments.environment_id, deployments.finished_at
            ) as environment_id,
            arg_max(deployments.team_id, deployments.finished_at) as team_id,
            arg_max(deployments.service_id, deployments.finished_at) as service_id,
            list(
                'fct_deployments:' || deployments.subject_id
                order by deployments.subject_id
            ) as deployment_keys
        from {{ ref("change_request_links") }} as links
        inner join
            {{ ref("control_subjects") }} as deployments
            on links.deployment_id = deployments.subject_id
        group by links.change_request_id
        having count(*) = count(deployments.finished_at)
    ),
    closings as (
        select
            change_request_id,
            min(
                case when phase in ('review', 'closed') then known_from end
            ) as closed_at,
            max(
                case
                    when phase not in ('review', 'closed', 'cancelled') then read_at
                end
            ) as open_seen_at,
            arg_max_null(phase, moment_number) as phase,
            arg_min(close_code, moment_number) filter (
                where
                    phase in ('review', 'closed')
                    and close_code
                    in ('successful', 'successful_issues', 'unsuccessful')
            ) as close_code
        from {{ ref("change_request_states") }}
        group by change_request_id
    ),
    told as (
        select
            requests.change_request_id,
            coalesce(requests.service_id, ended.service_id) as service_id,
            ended.team_id,
            ended.environment_id,
            requests.number,
            closings.close_code,
            closings.phase,
            closings.closed_at,
            ended.ended_at,
            ended.deployment_keys,
            limits.days,
            ended.ended_at + to_seconds(86400 * limits.days) as due_at,
            case
                when
                    closings.close_code is not null
                    and closings.closed_at
                    <= ended.ended_at + to_seconds(86400 * limits.days)
                then 'closed_in_time'
                when {{ as_of() }} < ended.ended_at + to_seconds(86400 * limits.days)
                then 'not_due'
                when closings.phase is null
                then 'state_not_understood'
                when closings.phase = 'cancelled'
                then 'called_off'
                when closings.phase not in ('review', 'closed')
                then 'still_open'
                when closings.close_code is null
                then 'no_close_code'
                when closings.closed_at is null
                then 'still_open'
                when
                    closings.open_seen_at
                    >= ended.ended_at + to_seconds(86400 * limits.days)
                then 'closed_late'
                else 'closing_time_unknown'
            end as reason_code
        from ended
        inner join requests on ended.change_request_id = requests.change_request_id
        inner join closings on ended.change_request_id = closings.change_request_id
        cross join (select {{ threshold("change_closed_days_max") }} as days) as limits
    )
select
    change_request_id as subject_id,
    service_id,
    team_id,
    environment_id,
    ended_at as occurred_at,
    case
        reason_code
        when 'closed_in_time'
        then 'pass'
        when 'not_due'
        then 'not_applicable'
        when 'state_not_understood'
        then 'inconclusive'
        when 'closing_time_unknown'
        then 'inconclusive'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'closed_in_time'
        then number || ' was closed as ' || close_code || ' in time.'
        when 'not_due'
        then number || ' is not due to be closed yet.'
        when 'state_not_understood'
        then number || ' is in a state that is not known.'
        when 'no_close_code'
        then number || ' is closed and does not say how it ended.'
        when 'still_open'
        then number || ' is still open.'
        when 'called_off'
        then number || ' was called off, yet a deployment was made under it.'
        when 'closed_late'
        then number || ' was still open when it was due to be closed.'
        else
            number
            || ' is closed; its first version that says so is from after the last day.'
    end as reason,
    ['change_requests:' || change_request_id] || deployment_keys as evidence,
    {{ seconds_between("ended_at", "closed_at") }} / 86400 as value,
    days as threshold
from told
