{{ control(subject="access_grant") }}

{# Rights that are held at as-of; each is judged with everything else that its holder holds. #}
with
    rights as (select * from {{ ref("held_rights") }} where is_live),
    holders as (
        select
            person_id,
            bool_or(kind = 'auditor') as is_auditor,
            bool_or(kind = 'developer') as is_developer
        from rights
        group by person_id
    ),
    timed as (
        select
            rights.*,
            holders.is_auditor,
            holders.is_developer,
            {{
                seconds_between(
                    "coalesce(rights.last_used_at, rights.granted_at)", as_of()
                )
            }} / 86400.0 as unused_days,
            coalesce(rights.reviewed_at, rights.granted_at) as confirmed_at
        from rights
        inner join holders on rights.person_id is not distinct from holders.person_id
    ),
    judged as (
        select
            *,
            case
                when person_id is null
                then 'holder_unknown'
                when kind is null
                then 'role_unclassified'
                when
                    coalesce(is_auditor, false)
                    and (is_writing or deploys_to_production or edits_policy)
                then 'auditor_may_write'
                when
                    deploys_to_production
                    and not is_service_account
                    and coalesce(is_developer, false)
                    and coalesce(tier, 1) = 1
                then 'developer_may_deploy'
                when is_service_account and coalesce(is_interactive, false)
                then 'service_account_interactive'
                when
                    is_privileged
                    and unused_days > {{ threshold("dormant_days_max") }}
                    and (last_used_at is not null or tells_last_use)
                then 'dormant'
                when
                    confirmed_at
                    + interval 1 month * {{ threshold("access_review_months_max") }}
                    < {{ as_of() }}
                then 'review_overdue'
                when confirmed_at is null
                then 'review_unknown'
                when is_service_account and is_interactive is null
                then 'interactive_unknown'
                when is_privileged and last_used_at is null and not tells_last_use
                then 'use_unknown'
                else 'in_order'
            end as reason_code
        from timed
    )
select
    access_grant_id as subject_id,
    service_id,
    team_id,
    environment_id,
    {{ as_of() }} as occurred_at,
    case
        when reason_code = 'in_order'
        then 'pass'
        when reason_code in ('holder_unknown', 'role_unclassified')
        then 'no_data'
        when reason_code in ('review_unknown', 'interactive_unknown', 'use_unknown')
        then 'inconclusive'
        else 'fail'
    end as verdict,
    reason_code,
    case
        reason_code
        when 'holder_unknown'
        then 'Who holds the right is not known.'
        when 'role_unclassified'
        then
            'The role '
            || coalesce(role_name, '')
            || ' is in no list of roles: what it allows is not known.'
        when 'auditor_may_write'
        then 'An auditor holds ' || role_name || ', which may change things.'
        when 'developer_may_deploy'
        then
            'A developer holds '
            || role_name
            || ' and may deploy to production of tier 1 by hand.'
        when 'service_account_interactive'
        then 'A service account can be signed in with.'
        when 'dormant'
        then
            case
                when last_used_at is null
                then 'Never used since '
                else 'Not used since '
            end
            || cast(cast(coalesce(last_used_at, granted_at) as date) as varchar)
            || ', '
            || cast(floor(unused_days) as bigint)
            || ' days.'
        when 'review_overdue'
        then
            'Nobody confirmed it since '
            || cast(cast(confirmed_at as date) as varchar)
            || '.'
        when 'review_unknown'
        then 'Neither when it was granted nor when it was confirmed is known.'
        when 'interactive_unknown'
        then 'Whether the service account can be signed in with is not stated.'
        when 'use_unknown'
        then 'When it was last used is not stated by its source.'
        else 'The right fits its holder, is used and was confirmed in time.'
    end as reason,
    ['access_grants:' || access_grant_id] as evidence,
    case when is_privileged then unused_days end as value,
    case when is_privileged then {{ threshold("dormant_days_max") }} end as threshold
from judged
