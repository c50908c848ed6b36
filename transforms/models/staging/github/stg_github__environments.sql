{# Who may approve is counted, not named. #}
{{ config(kind="github", stream="environments", key=["repository", "name"]) }}

select
    repository,
    name,
    html_url as source_url,
    coalesce(
        list_contains(
            json_extract_string(try_cast(rules as json), '$[*].type'),
            'required_reviewers'
        ),
        false
    ) as requires_approval,
    coalesce(
        list_sum(
            [
                json_array_length(reviewers)
                for reviewers in json_extract(try_cast(rules as json), '$[*].reviewers')
            ]
        ),
        0
    )::bigint as approver_count,
    list_contains(
        json_extract_string(try_cast(rules as json), '$[*].prevent_self_review'), 'true'
    ) as prevents_self_approval,
    coalesce(
        list_max(
            try_cast(
                json_extract_string(
                    try_cast(rules as json), '$[*].wait_timer'
                ) as bigint[]
            )
        ),
        0
    ) as wait_minutes,
    case
        when protected_branches = 'true'
        then 'protected'
        when custom_branches = 'true'
        then 'named'
        else 'any'
    end as allowed_branches,
    can_admins_bypass = 'true' as can_be_bypassed,
    {{ instant("created") }} as created_at,
    {{ instant("updated") }} as source_updated_at,
    {{ lineage() }},
    {{
        quarantine(
            {
                "an environment without name": "name is null",
                "an environment without repository": "repository is null",
            }
        )
    }}
from
    {{
        records(
            {
                "name": "$.name",
                "html_url": "$.html_url",
                "rules": "$.protection_rules",
                "protected_branches": "$.deployment_branch_policy.protected_branches",
                "custom_branches": "$.deployment_branch_policy.custom_branch_policies",
                "can_admins_bypass": "$.can_admins_bypass",
                "created": "$.created_at",
                "updated": "$.updated_at",
            },
            {"repository": "$.repository"},
        )
    }}
