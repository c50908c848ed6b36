{{ control(subject="service") }}

{# What the host lets enter the default branches of a service's repositories, whatever did enter. #}
with
    repositories as (
        select distinct
            service_repositories.service_id,
            lower(service_repositories.repository) as repository,
            services.team_id
        from {{ ref("service_repositories") }} as service_repositories
        inner join
            {{ ref("services") }} as services
            on service_repositories.service_id = services.service_id
    ),
    judged as (
        select
            repositories.service_id,
            repositories.repository,
            repositories.team_id,
            protections.branch_protection_id,
            protections.branch,
            protections.required_review_count,
            protections.code_owner_error_count,
            case
                when protections.branch_protection_id is null
                then 'protection_unknown'
                when not protections.is_protected and protections.is_wholly_known
                then 'not_protected'
                when
                    protections.required_review_count
                    < {{ threshold("branch_reviews_min") }}
                then
                    case
                        when protections.is_wholly_known
                        then 'no_review_required'
                        else 'partly_unknown'
                    end
                when
                    not protections.dismisses_stale_reviews
                    and not protections.requires_last_push_approval
                then
                    case
                        when protections.is_wholly_known
                        then 'stale_approval_counts'
                        else 'partly_unknown'
                    end
                when protections.can_be_bypassed
                then 'bypass_allowed'
                when not protections.has_code_owners
                then 'no_code_owners'
                when not protections.requires_code_owner_review
                then
                    case
                        when protections.is_wholly_known
                        then 'code_owners_not_asked'
                        else 'partly_unknown'
                    end
                when protections.code_owner_error_count > 0
                then 'code_owners_wrong'
                when protections.can_be_bypassed is null
                then 'bypass_unknown'
                when protections.has_code_owners is null
                then 'code_owners_unknown'
                else 'protected'
            end as reason_code
        from repositories
        left join
            {{ ref("branch_protections") }} as protections
            on repositories.repository = lower(protections.repository)
        qualify
            row_number() over (
                partition by repositories.service_id, repositories.repository
                order by
                    protections.read_at desc nulls last,
                    protections.branch_protection_id
            )
            = 1
    )
select
    service_id || '@' || repository as subject_id,
    service_id,
    team_id,
    cast(null as varchar) as environment_id,
    {{ as_of() }} as occurred_at,
    case
        when reason_code = 'protection_unknown'
        then 'no_data'
        when reason_code in ('partly_unknown', 'bypass_unknown', 'code_owners_unknown')
        then 'inconclusive'
        when
            reason_code in (
                'bypass_allowed',
                'no_code_owners',
                'code_owners_not_asked',
                'code_owners_wrong'
            )
        then 'warn'
        when reason_code = 'protected'
        then 'pass'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'protection_unknown'
        then
            'No protection of the default branch of ' || repository || ' could be read.'
        when 'not_protected'
        then 'Anybody who may write pushes to ' || branch || ' without a review.'
        when 'no_review_required'
        then
            'A change enters '
            || branch
            || ' with '
            || required_review_count
            || ' approvals, which is fewer than asked for.'
        when 'stale_approval_counts'
        then
            'What is pushed to a pull request after its approval enters '
            || branch
            || ' with it.'
        when 'partly_unknown'
        then
            'What could be read asks for too little; either the protection of '
            || branch
            || ' or the rules on it could not be read and may ask for more.'
        when 'bypass_allowed'
        then 'Administrators or others who are named may merge without the reviews.'
        when 'no_code_owners'
        then 'No file says who owns which code, so that no owner is asked.'
        when 'code_owners_not_asked'
        then 'A change enters ' || branch || ' without the owners of the code.'
        when 'code_owners_wrong'
        then
            code_owner_error_count
            || ' lines of the file of code owners are not understood, so that nobody is asked for what they name.'
        when 'bypass_unknown'
        then
            'A rule asks for the reviews; who may pass it by is not told to this token.'
        when 'code_owners_unknown'
        then 'Whether the repository has a file of code owners could not be read.'
        else
            required_review_count
            || ' approvals of the last push, owners of the code among them, and nobody passes them by.'
    end as reason,
    case
        when branch_protection_id is null
        then []
        else ['branch_protections:' || branch_protection_id]
    end as evidence,
    cast(required_review_count as double) as value,
    {{ threshold("branch_reviews_min") }} as threshold
from judged
