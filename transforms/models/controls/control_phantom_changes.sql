{{ control(subject="change_request") }}

with
    requests as (
        select *, {{ request_phase("state") }} as phase
        from {{ ref("change_requests") }}
        where is_current and not coalesce(is_deleted, false)
    ),
    implemented as (
        select
            *,
            coalesce(work_started_at, planned_start_at, created_at) as began_at,
            coalesce(work_ended_at, planned_end_at, work_started_at) as ended_at
        from requests
        where
            phase is distinct from 'cancelled'
            and (
                {# what is still being worked on has its deployment before it #}
                (
                    work_started_at is not null
                    and (work_ended_at is not null or phase in ('review', 'closed'))
                )
                or close_code in ('successful', 'successful_issues')
            )
    ),
    deployed as (
        select
            change_request_id,
            list('fct_deployments:' || deployment_id order by deployment_id) as keys
        from {{ ref("change_request_links") }}
        group by change_request_id
    ),
    configured as (
        select
            implemented.change_request_id,
            list(
                'configuration_changes:' || events.configuration_change_id
                order by events.configuration_change_id
            ) as keys
        from implemented
        inner join
            {{ ref("configuration_changes") }} as events
            on implemented.service_id = events.service_id
            and events.changed_at >= implemented.began_at - interval 15 minutes
            and events.changed_at < implemented.ended_at + interval 15 minutes
        group by implemented.change_request_id
    ),
    told as (
        select
            implemented.*,
            ownership.team_id,
            deployed.keys as deployment_keys,
            configured.keys as configuration_keys,
            case
                when deployed.keys is not null
                then 'deployed'
                when configured.keys is not null
                then 'configured'
                when implemented.service_id is null
                then 'no_service'
                when
                    deployments.first_at is null
                    or implemented.began_at < deployments.first_at
                then 'before_deployments'
                else 'phantom'
            end as reason_code
        from implemented
        left join deployed on implemented.change_request_id = deployed.change_request_id
        left join
            configured on implemented.change_request_id = configured.change_request_id
        left join
            (
                select service_id, min(started_at) as first_at
                from {{ ref("fct_deployments") }}
                group by service_id
            ) as deployments
            on implemented.service_id = deployments.service_id
        left join
            {{ ref("service_ownership") }} as ownership
            on {{ owned_on("implemented.service_id", "implemented.began_at") }}
    )
select
    change_request_id as subject_id,
    service_id,
    team_id,
    cast(null as varchar) as environment_id,
    coalesce(began_at, read_at) as occurred_at,
    case
        reason_code
        when 'phantom'
        then 'fail'
        when 'no_service'
        then 'inconclusive'
        when 'before_deployments'
        then 'inconclusive'
        else 'pass'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'deployed'
        then number || ' was implemented by a deployment.'
        when 'configured'
        then number || ' was implemented by a change of configuration.'
        when 'no_service'
        then number || ' names no service, so that its deployment cannot be looked for.'
        when 'before_deployments'
        then
            number
            || ' is from before the first deployment that is known of its service.'
        else
            number
            || ' was implemented, yet no deployment or change of configuration is known.'
    end as reason,
    ['change_requests:' || change_request_id]
    || coalesce(deployment_keys, [])
    || coalesce(configuration_keys, []) as evidence,
    cast(null as double) as value,
    cast(null as double) as threshold
from told
