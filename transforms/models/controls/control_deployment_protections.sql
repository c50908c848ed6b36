{{ control(subject="service") }}

{# What the host of a service's repository lets happen, whatever did happen. #}
with
    deployed as (
        select
            service_id,
            environment_id,
            any_value(team_id) as team_id,
            arg_max(repository, started_at) as repository
        from {{ deployment_subjects() }}
        where service_id is not null
        group by service_id, environment_id
    ),
    judged as (
        select
            deployed.*,
            services.tier,
            protections.environment_protection_id,
            protections.approver_count,
            case
                when protections.environment_protection_id is null
                then 'protection_unknown'
                when not protections.requires_approval
                then 'no_approval_required'
                when not protections.prevents_self_approval
                then 'self_approval_allowed'
                when protections.can_be_bypassed
                then 'bypass_allowed'
                when protections.prevents_self_approval is null
                then 'self_approval_unknown'
                when protections.can_be_bypassed is null
                then 'bypass_unknown'
                else 'protected'
            end as reason_code
        from deployed
        left join
            {{ ref("environment_protections") }} as protections
            on deployed.repository = protections.repository
            and deployed.environment_id = protections.environment_id
        left join
            {{ ref("services") }} as services
            on deployed.service_id = services.service_id
        qualify
            row_number() over (
                partition by deployed.service_id, deployed.environment_id
                order by protections.read_at desc nulls last
            )
            = 1
    )
select
    service_id || '@' || environment_id as subject_id,
    service_id,
    team_id,
    environment_id,
    {{ as_of() }} as occurred_at,
    case
        reason_code
        when 'protection_unknown'
        then 'no_data'
        when 'self_approval_unknown'
        then 'inconclusive'
        when 'bypass_unknown'
        then 'inconclusive'
        when 'protected'
        then 'pass'
        when 'bypass_allowed'
        then 'warn'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'protection_unknown'
        then
            'No protection of the environment was read from the host of its repository.'
        when 'no_approval_required'
        then 'A run deploys to the environment without an approval.'
        when 'self_approval_allowed'
        then 'Who starts a run may approve it.'
        when 'bypass_allowed'
        then 'Administrators may bypass the approval.'
        when 'self_approval_unknown'
        then 'Whether who starts a run may approve it is not stated.'
        when 'bypass_unknown'
        then 'Whether administrators may bypass the approval is not stated.'
        else
            'A run waits for one of '
            || coalesce(approver_count, 0)
            || ' reviewers, who may not have started it, and nobody may bypass it.'
    end as reason,
    case
        when environment_protection_id is null
        then []
        else ['environment_protections:' || environment_protection_id]
    end as evidence,
    approver_count as value,
    cast(null as double) as threshold
from judged
