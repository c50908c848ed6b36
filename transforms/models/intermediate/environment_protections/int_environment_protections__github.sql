{{ config(materialized="ephemeral") }}

select
    source || ':' || repository || ':' || lower(name) as environment_protection_id,
    repository,
    lower(name) as environment_id,
    requires_approval,
    approver_count,
    case
        when requires_approval then prevents_self_approval
    end as prevents_self_approval,
    can_be_bypassed,
    wait_minutes,
    allowed_branches,
    created_at,
    source_updated_at,
    source_url,
    source,
    page_id,
    ordinal,
    read_at
from {{ newest("stg_github__environments", "source, repository, name") }}
