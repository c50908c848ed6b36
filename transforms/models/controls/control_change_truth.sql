{{ control(subject="change_request") }}

with
    requests as (
        select *, {{ request_phase("state") }} as phase
        from {{ ref("change_requests") }}
        where is_current and not coalesce(is_deleted, false)
    ),
    outcomes as (
        select
            links.change_request_id,
            max(deployments.finished_at) as ended_at,
            arg_max(
                deployments.environment_id, deployments.finished_at
            ) as environment_id,
            arg_max(deployments.team_id, deployments.finished_at) as team_id,
            arg_max(deployments.service_id, deployments.finished_at) as service_id,
            count(case when facts.is_failed then 1 end) as failed_count,
            bool_or(facts.is_immature) as is_immature,
            min(
                case
                    when facts.is_failed
                    then coalesce(facts.failure_evidence_detail, facts.failure_evidence)
                end
            ) as failure,
            list(
                'fct_deployments:' || facts.deployment_id order by facts.deployment_id
            ) as deployment_keys
        from {{ ref("change_request_links") }} as links
        inner join
            {{ ref("control_subjects") }} as deployments
            on links.deployment_id = deployments.subject_id
            and deployments.finished_at is not null
        inner join
            {{ ref("fct_deployments") }} as facts
            on links.deployment_id = facts.deployment_id
        group by links.change_request_id
    ),
    told as (
        select
            requests.change_request_id,
            coalesce(requests.service_id, outcomes.service_id) as service_id,
            outcomes.team_id,
            outcomes.environment_id,
            outcomes.ended_at,
            outcomes.failed_count,
            outcomes.deployment_keys,
            outcomes.failure,
            requests.number,
            requests.close_code,
            case
                when
                    requests.phase is distinct from 'closed'
                    and requests.phase is distinct from 'review'
                then 'not_closed'
                when requests.close_code is null
                then 'no_result'
                when requests.close_code <> 'successful'
                then 'not_called_successful'
                when outcomes.failed_count > 0
                then 'misreported'
                when outcomes.is_immature
                then 'too_early'
                else 'as_reported'
            end as reason_code
        from outcomes
        inner join requests on outcomes.change_request_id = requests.change_request_id
    )
select
    change_request_id as subject_id,
    service_id,
    team_id,
    environment_id,
    ended_at as occurred_at,
    case
        reason_code
        when 'misreported'
        then 'fail'
        when 'as_reported'
        then 'pass'
        when 'too_early'
        then 'inconclusive'
        else 'not_applicable'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'misreported'
        then
            number
            || ' is closed as successful, yet its deployment failed: '
            || failure
            || '.'
        when 'as_reported'
        then number || ' is closed as successful, and nothing says otherwise.'
        when 'too_early'
        then
            number
            || ' is closed as successful; its deployment is younger than 72 hours.'
        when 'not_closed'
        then number || ' is not closed.'
        when 'no_result'
        then number || ' does not say how it ended.'
        else number || ' is not called successful: ' || close_code || '.'
    end as reason,
    ['change_requests:' || change_request_id] || deployment_keys as evidence,
    cast(failed_count as double) as value,
    cast(0 as double) as threshold
from told
