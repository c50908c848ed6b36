{# People who hold two rights that nobody should hold together, and from when to when. #}
with
    rights as (
        select
            *,
            coalesce(granted_at, timestamp '1970-01-01') as held_from_at,
            coalesce(revoked_at, timestamp '9999-01-01') as held_to_at
        from {{ ref("held_rights") }}
        where not is_service_account and person_id is not null
    ),
    authors as (
        select author_id as person_id, min(merged_at) as first_at
        from {{ ref("fct_changes") }}
        where not is_bot and author_id is not null
        group by author_id
    ),
    approvers as (
        select distinct roles.person_id
        from {{ ref("approver_roles") }} as roles
        inner join
            {{ ref("approval_authorities") }} as authorities
            on roles.role_name = authorities.role_name
        where roles.held_to_at is null
    ),
    pairs as (
        select
            rights.person_id,
            'author_and_deployer' as pair,
            'writes code and may deploy to production by hand' as pair_words,
            [rights.access_grant_id] as access_grant_ids,
            greatest(rights.held_from_at, authors.first_at) as held_from_at,
            rights.held_to_at
        from rights
        inner join authors on rights.person_id = authors.person_id
        where rights.deploys_to_production
        union all
        select
            rights.person_id,
            'policy_editor_and_approver',
            'edits the rules of approval and approves',
            [rights.access_grant_id],
            rights.held_from_at,
            rights.held_to_at
        from rights
        inner join approvers on rights.person_id = approvers.person_id
        where rights.edits_policy
        union all
        select
            rights.person_id,
            'auditor_and_writer',
            'audits and may write',
            [rights.access_grant_id, others.access_grant_id],
            greatest(rights.held_from_at, others.held_from_at),
            least(rights.held_to_at, others.held_to_at)
        from rights
        inner join rights as others on rights.person_id = others.person_id
        where
            rights.kind = 'auditor'
            and (others.is_writing or others.deploys_to_production)
            and rights.held_from_at < others.held_to_at
            and others.held_from_at < rights.held_to_at
    )
select
    person_id || ':' || pair as toxic_holder_id,
    person_id,
    pair,
    pair_words,
    list_sort(list_distinct(flatten(list(access_grant_ids)))) as access_grant_ids,
    max(held_to_at) > {{ as_of() }} as is_current,
    min(held_from_at) as held_from_at,
    nullif(max(held_to_at), timestamp '9999-01-01') as held_to_at
from pairs
where held_from_at < held_to_at
group by person_id, pair, pair_words
