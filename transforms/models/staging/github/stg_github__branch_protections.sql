{#
  One row per question about a default branch. Of a branch that is not protected GitHub says so in
  words; "Not Found" is what it says to who may not administer the repository.
#}
{{ config(kind="github", stream="branch_protections", key=["repository", "aspect"]) }}

select
    repository,
    branch,
    aspect,
    case
        aspect
        when 'protection'
        then message is null or lower(message) = 'branch not protected'
        else true
    end as is_known,
    aspect = 'protection' and message is null as is_protected,
    aspect = 'code_owners' and message is null as has_code_owners,
    cast(
        json_array_length(try_cast(owner_errors as json)) as bigint
    ) as code_owner_error_count,
    try_cast(review_count as bigint) as review_count,
    try_cast(dismisses_stale as boolean) as dismisses_stale_reviews,
    try_cast(last_push as boolean) as requires_last_push_approval,
    try_cast(code_owner_reviews as boolean) as requires_code_owner_review,
    try_cast(enforce_admins as boolean) as enforces_admins,
    coalesce(json_array_length(try_cast(bypass_users as json)), 0)
    + coalesce(json_array_length(try_cast(bypass_teams as json)), 0)
    + coalesce(json_array_length(try_cast(bypass_apps as json)), 0) as bypasser_count,
    list_filter(
        json_extract(try_cast(rules as json), '$[*]'),
        lambda rule:rule ->> '$.type' = 'pull_request'
    ) as review_rules,
    {{ lineage() }},
    {{
        quarantine(
            {
                "a branch without repository": "repository is null",
                "an answer without a question": "aspect is null",
            }
        )
    }}
from
    {{
        records(
            {
                "message": "$.message",
                "review_count": "$.required_pull_request_reviews.required_approving_review_count",
                "dismisses_stale": "$.required_pull_request_reviews.dismiss_stale_reviews",
                "last_push": "$.required_pull_request_reviews.require_last_push_approval",
                "code_owner_reviews": "$.required_pull_request_reviews.require_code_owner_reviews",
                "bypass_users": "$.required_pull_request_reviews.bypass_pull_request_allowances.users",
                "bypass_teams": "$.required_pull_request_reviews.bypass_pull_request_allowances.teams",
                "bypass_apps": "$.required_pull_request_reviews.bypass_pull_request_allowances.apps",
                "enforce_admins": "$.enforce_admins.enabled",
                "owner_errors": "$.errors",
                "rules": "$.rules",
            },
            {
                "repository": "$.repository",
                "branch": "$.branch",
                "aspect": "$.aspect",
            },
        )
    }}
