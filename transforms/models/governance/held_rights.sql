{# Rights with what their role allows, and the service that what they are on belongs to. #}
with
    repositories as (
        select lower(repository) as name, min(service_id) as service_id
        from {{ ref("service_repositories") }}
        group by lower(repository)
        having count(distinct service_id) = 1
    ),
    last_uses as (
        select source, count(last_used_at) > 0 as tells_last_use
        from {{ ref("access_grants") }}
        group by source
    )
select
    grants.access_grant_id,
    grants.person_id,
    grants.role_name,
    grants.resource,
    coalesce(aliases.service_id, repositories.service_id) as service_id,
    services.team_id,
    environments.environment_id,
    roles.kind,
    people.kind is not null
    and people.kind <> 'human'
    or coalesce(starts_with(grants.person_id, 'bot-'), false)
    or coalesce(roles.kind = 'service', false) as is_service_account,
    services.tier,
    coalesce(roles.is_writing, false) as is_writing,
    coalesce(roles.deploys_to_production, false)
    and coalesce(environments.tier, 'production')
    = 'production' as deploys_to_production,
    coalesce(roles.edits_policy, false) as edits_policy,
    coalesce(roles.is_privileged, false) as is_privileged,
    grants.is_interactive,
    last_uses.tells_last_use,
    grants.revoked_at is null or grants.revoked_at > {{ as_of() }} as is_live,
    grants.granted_at,
    grants.last_used_at,
    grants.reviewed_at,
    grants.revoked_at
from {{ ref("access_grants") }} as grants
left join
    {{ ref("entitlement_roles") }} as roles
    on lower(trim(grants.role_name)) = roles.role_name
left join
    {{ ref("service_aliases") }} as aliases on lower(grants.resource) = aliases.alias
left join repositories on lower(grants.resource) = repositories.name
left join
    {{ ref("services") }} as services
    on coalesce(aliases.service_id, repositories.service_id) = services.service_id
left join
    {{ ref("environments") }} as environments
    on lower(trim(grants.environment_name)) = environments.environment_id
left join {{ ref("people") }} as people on grants.person_id = people.person_id
left join last_uses on grants.source = last_uses.source
