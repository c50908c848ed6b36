{{ config(materialized="ephemeral") }}

{#
  Protection and rules of a branch hold together: the stricter counts. What is false in both is
  false only where both are known.
#}
with
    answers as (
        select *
        from
            {{ newest("stg_github__branch_protections", "source, repository, aspect") }}
        where is_known
    ),
    ruled as (
        select source, repository, unnest(review_rules) as rule
        from answers
        where aspect = 'rules'
    ),
    rules as (
        select
            source,
            repository,
            max(
                try_cast(
                    rule ->> '$.parameters.required_approving_review_count' as bigint
                )
            ) as review_count,
            bool_or(
                try_cast(
                    rule ->> '$.parameters.dismiss_stale_reviews_on_push' as boolean
                )
            ) as dismisses_stale_reviews,
            bool_or(
                try_cast(rule ->> '$.parameters.require_last_push_approval' as boolean)
            ) as requires_last_push_approval,
            bool_or(
                try_cast(rule ->> '$.parameters.require_code_owner_review' as boolean)
            ) as requires_code_owner_review
        from ruled
        group by source, repository
    ),
    together as (
        select
            source,
            repository,
            any_value(branch) as branch,
            bool_or(aspect = 'protection') as is_protection_known,
            bool_or(aspect = 'rules') as are_rules_known,
            bool_or(is_protected) as is_protected,
            max(case when aspect = 'protection' then review_count end) as review_count,
            bool_or(dismisses_stale_reviews) as dismisses_stale_reviews,
            bool_or(requires_last_push_approval) as requires_last_push_approval,
            bool_or(requires_code_owner_review) as requires_code_owner_review,
            bool_or(enforces_admins) as enforces_admins,
            max(bypasser_count) as bypasser_count,
            bool_or(
                case when aspect = 'code_owners' then has_code_owners end
            ) as has_code_owners,
            max(
                case when aspect = 'code_owners' then code_owner_error_count end
            ) as code_owner_error_count,
            arg_max(page_id, (read_at, page_id)) as page_id,
            arg_max(ordinal, (read_at, page_id)) as ordinal,
            max(read_at) as read_at
        from answers
        group by source, repository
    )
select
    together.source
    || ':'
    || together.repository
    || ':'
    || together.branch as branch_protection_id,
    together.repository,
    together.branch,
    together.is_protection_known and together.are_rules_known as is_wholly_known,
    coalesce(together.is_protected, false)
    or rules.repository is not null as is_protected,
    greatest(
        coalesce(together.review_count, 0), coalesce(rules.review_count, 0)
    ) as required_review_count,
    coalesce(together.dismisses_stale_reviews, false)
    or coalesce(rules.dismisses_stale_reviews, false) as dismisses_stale_reviews,
    coalesce(together.requires_last_push_approval, false)
    or coalesce(
        rules.requires_last_push_approval, false
    ) as requires_last_push_approval,
    coalesce(together.requires_code_owner_review, false)
    or coalesce(rules.requires_code_owner_review, false) as requires_code_owner_review,
    {# whom a ruleset lets pass is not told to who reads it #}
    case
        when
            together.review_count >= 1
            and together.enforces_admins
            and together.bypasser_count = 0
        then false
        when rules.review_count >= 1
        then null
        when together.review_count >= 1
        then true
    end as can_be_bypassed,
    together.has_code_owners,
    together.code_owner_error_count,
    together.source,
    together.page_id,
    together.ordinal,
    together.read_at
from together
left join
    rules on together.source = rules.source and together.repository = rules.repository
where together.is_protection_known or together.are_rules_known
